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
  attune_test(serve_transport unit WAITING TransportTest.SaysGoodbyeWhenItStops DEPS serve SOURCES unit/serve_transport_test.cpp)
endif()
# What needs the whole house.
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND TARGET attune_session AND TARGET attune_report)
  attune_test(serve_house unit DEPS serve LIBS nlohmann_json::nlohmann_json SOURCES
    unit/serve_audience_test.cpp
    unit/serve_care_test.cpp
    unit/serve_track_audio_test.cpp
    unit/serve_workshop_test.cpp)
endif()
# The Compose page's plays under several threads. The TSan tree has neither compose nor what it is built on: there the
# sources that a play needs stand alone, with the rule engine.
if(CMAKE_CXX_FLAGS MATCHES "fsanitize=thread")
  attune_need_pkg(FLUIDSYNTH fluidsynth)
  attune_need_pkg(EBUR128 libebur128)
  set(play_sources ../src/serve/outbox.cpp ../src/serve/workshop.cpp)
  foreach(name arrange arrange_chords arrange_drums composer controls copy_guard craft engine export fixed_chance font_part form
          harmony hmm humanise live_source melody midi_reader midi_writer performer render rule_engine score score_source style
          synth theory voice_leading)
    list(APPEND play_sources ../src/compose/${name}.cpp)
  endforeach()
  attune_test(serve_workshop stress DEPS core flow signal media LIBS PkgConfig::FLUIDSYNTH PkgConfig::EBUR128 Threads::Threads SOURCES
    stress/serve_workshop_test.cpp ${play_sources})
  target_include_directories(serve_workshop_stress_test PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(serve_workshop_stress_test PRIVATE ATTUNE_RULES_ALONE)
  target_compile_options(serve_workshop_stress_test PRIVATE -Wno-tsan)  # fences order atomics only (LiveSource::set)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND TARGET attune_session AND TARGET attune_report)
  attune_test(serve_workshop stress DEPS serve SOURCES stress/serve_workshop_test.cpp)
endif()
