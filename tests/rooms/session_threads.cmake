# SPDX-License-Identifier: GPL-3.0-or-later
# The threads of session without the rooms that plan: these sources alone, so that the TSan tree stays small. Where session
# is built, its own tests run them.
if(NOT TARGET attune_session)
  find_package(nlohmann_json REQUIRED)
  set(threads_sources)
  foreach(name event event_writer record samples codec mailbox planner_worker)
    list(APPEND threads_sources ../src/session/${name}.cpp)
  endforeach()
  attune_test(session_threads stress DEPS flow store LIBS nlohmann_json::nlohmann_json Threads::Threads SOURCES
    stress/session_threads_test.cpp ${threads_sources})
  target_include_directories(session_threads_stress_test PRIVATE ${PROJECT_SOURCE_DIR}/src)
endif()
