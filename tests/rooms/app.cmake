# SPDX-License-Identifier: GPL-3.0-or-later
# The real program in processes of its own. Two test programs: the one that plays for two minutes of real time waits for
# the most part, so it takes no core from the others.
if(TARGET attune)
  find_package(nlohmann_json REQUIRED)
  attune_test(app unit DEPS session SOURCES unit/app_session_voice_test.cpp ../src/app/session_voice.cpp)
  foreach(part ways program)
    if(part STREQUAL ways)
      set(how WAITING ThreeWays.*)
      set(sources session/app_three_ways_test.cpp)
    else()
      set(how WAITING * COST 100)
      set(sources session/app_audience_test.cpp session/app_bad_input_test.cpp session/app_block_test.cpp session/app_compose_test.cpp session/app_kill_test.cpp session/app_replay_test.cpp)
    endif()
    attune_test(app_${part} session ${how} TIMEOUT 400 SOURCES ${sources} DEPS session LIBS nlohmann_json::nlohmann_json)
    target_compile_definitions(app_${part}_session_test PRIVATE ATTUNE_PROGRAM="$<TARGET_FILE:attune>")
    add_dependencies(app_${part}_session_test attune)
  endforeach()
endif()
