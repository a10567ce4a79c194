# SPDX-License-Identifier: GPL-3.0-or-later
find_package(nlohmann_json REQUIRED)
attune_test(serve unit DEPS serve LIBS nlohmann_json::nlohmann_json SOURCES
  unit/serve_file_slice_test.cpp
  unit/serve_json_body_test.cpp
  unit/serve_outbox_test.cpp
  unit/serve_sense_message_test.cpp
  unit/serve_site_test.cpp
  unit/serve_target_test.cpp)
# The transport needs coroutines, which clang 14 cannot compile.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  attune_test(serve_transport unit DEPS serve SOURCES unit/serve_transport_test.cpp)
endif()
# What needs the whole house.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND TARGET attune_session AND TARGET attune_report)
  attune_test(serve_house unit DEPS serve SOURCES
    unit/serve_track_audio_test.cpp
    unit/serve_workshop_test.cpp)
endif()
