# SPDX-License-Identifier: GPL-3.0-or-later
# One library per room, one function per kind of target.

# Order = the direction of dependencies: a room may depend only on rooms that stand before it.
set(ATTUNE_ROOMS core flow signal media learn store
                 sense affect library choose compose play care
                 session report serve app)
# The rooms of the loop do not know each other: they meet in flow and are wired in session.
set(ATTUNE_MIDDLE_ROOMS sense affect library choose compose play care)

set(ATTUNE_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion
    -Wold-style-cast -Wsuggest-override -Wnon-virtual-dtor)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  list(REMOVE_ITEM ATTUNE_WARNINGS -Wsuggest-override)
  list(APPEND ATTUNE_WARNINGS -Wno-unused-command-line-argument -Wno-sign-conversion
       -Wno-implicit-int-float-conversion)
endif()

# Source files that can be compiled as one are (cmake/join.py): what they include is read once. In a tree that is built
# whole and once only; the others show that every file stands alone.
function(attune_join_now target)
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.cpp$")
  execute_process(COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/cmake/join.py 70000 ${sources}
                  WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE groups COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "\n" ";" groups "${groups}")
  foreach(line IN LISTS groups)
    if(line MATCHES "^([0-9]+) (.+)$")
      set_source_files_properties(${CMAKE_MATCH_2} PROPERTIES UNITY_GROUP ${target}_${CMAKE_MATCH_1})
    endif()
  endforeach()
  # GCC takes what is included for a header, where a member whose type is of an unnamed namespace would be a mistake.
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP
                        UNITY_BUILD_CODE_BEFORE_INCLUDE "#pragma GCC diagnostic ignored \"-Wsubobject-linkage\"")
  foreach(source IN LISTS sources)
    file(REAL_PATH ${source} source)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  endforeach()
endfunction()
if(ATTUNE_JOIN)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
endif()
# When the folder has been read, and all sources are known.
function(attune_join target)
  if(ATTUNE_JOIN)
    cmake_language(EVAL CODE "cmake_language(DEFER CALL attune_join_now [[${target}]])")
  endif()
endfunction()

function(attune_check_deps name)
  list(FIND ATTUNE_ROOMS ${name} rank)
  foreach(dep IN LISTS ARGN)
    list(FIND ATTUNE_ROOMS ${dep} dep_rank)
    if(dep_rank LESS 0)
      message(FATAL_ERROR "${name}: '${dep}' is not a room; rooms are: ${ATTUNE_ROOMS}")
    endif()
    if(NOT dep_rank LESS rank)
      message(FATAL_ERROR "${name} may not depend on ${dep}: dependencies point up the list ${ATTUNE_ROOMS}")
    endif()
    if(${name} IN_LIST ATTUNE_MIDDLE_ROOMS AND ${dep} IN_LIST ATTUNE_MIDDLE_ROOMS)
      message(FATAL_ERROR "${name} and ${dep} are both rooms of the loop: they meet in flow, not here")
    endif()
  endforeach()
endfunction()

# attune_module(affect DEPS core flow signal LIBS ${OpenCV_LIBS} PRIVATE_LIBS x HEADERS a.hpp SOURCES a.cpp)
function(attune_module name)
  cmake_parse_arguments(M "" "" "HEADERS;SOURCES;DEPS;LIBS;PRIVATE_LIBS" ${ARGN})
  attune_check_deps(${name} ${M_DEPS})
  add_library(attune_${name} STATIC ${M_SOURCES})
  add_library(attune::${name} ALIAS attune_${name})
  target_sources(attune_${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${M_HEADERS})
  target_compile_options(attune_${name} PRIVATE ${ATTUNE_WARNINGS})
  target_compile_definitions(attune_${name} PRIVATE $<$<BOOL:${ATTUNE_HEAVY_CHECKS}>:ATTUNE_HEAVY_CHECKS=1>)
  list(TRANSFORM M_DEPS PREPEND attune::)
  target_link_libraries(attune_${name} PUBLIC ${M_DEPS} ${M_LIBS} PRIVATE ${M_PRIVATE_LIBS})
  attune_join(attune_${name})
endfunction()

# What a test asks of the machine: a core to itself, unless it waits on the clock. scripts/test says how many cores there are
# (--resource-spec-file); without that, ctest -j alone bounds what runs side by side.
set(ATTUNE_TAKES_A_CORE RESOURCE_GROUPS cores:1)
# Waits on real time beside what computes; one at a time, so that none takes another's time. Begins early.
set(ATTUNE_WAITS RESOURCE_LOCK clock COST 50)

# The test waits: tests/CMakeLists.txt writes their names down for scripts/test.
function(attune_waits name)
  set_property(GLOBAL APPEND PROPERTY ATTUNE_WAITS ${name})
endfunction()

# attune_test(affect unit SOURCES unit/affect_fusion_test.cpp DEPS affect LIBS x [TIMEOUT s] [RT_GUARD]
#             [SHARDS n] [WAITING filter] [COST s] [NOT_UNDER_TSAN filter])
# makes the program affect_unit_test, whose cases carry the label `unit`. SOURCES are relative to tests/. One process runs
# all its cases: to start one costs more than most cases.
# SHARDS   so many processes share the cases, where they take long
# WAITING  cases (a gtest filter) that wait on real time, a database or a disk: a process of their own, one such at a time,
#          which scripts/test runs beside all else; * for a program that waits as a whole, beside its like
# COST     about how long it takes [s], where that is long: what has the most begins first
# NOT_UNDER_TSAN  cases without threads of their own that only compute: the other trees run them
function(attune_test room label)
  cmake_parse_arguments(T "RT_GUARD" "SHARDS;TIMEOUT;COST;WAITING;NOT_UNDER_TSAN" "SOURCES;DEPS;LIBS" ${ARGN})
  if(T_RT_GUARD AND CMAKE_CXX_FLAGS MATCHES "fsanitize")
    return()   # the guard and the sanitizers both stand in for malloc
  endif()
  set(target ${room}_${label}_test)
  list(TRANSFORM T_SOURCES PREPEND ${PROJECT_SOURCE_DIR}/tests/)
  add_executable(${target} ${T_SOURCES})
  list(TRANSFORM T_DEPS PREPEND attune::)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_options(${target} PRIVATE -Wall -Wextra -O1)
  target_compile_definitions(${target} PRIVATE ATTUNE_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                             ATTUNE_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(${target} PRIVATE ${T_DEPS} ${T_LIBS} GTest::gtest GTest::gtest_main)
  attune_join(${target})
  if(T_RT_GUARD)
    target_link_libraries(${target} PRIVATE attune_rt_guard)
  endif()
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 300)
  endif()
  set(properties LABELS ${label} TIMEOUT ${T_TIMEOUT})
  if(T_COST)
    list(APPEND properties COST ${T_COST})
  endif()
  if(T_WAITING STREQUAL "*")
    attune_waits(${target})
    attune_cases(${target} ${target} "*" ${properties})
    return()
  endif()
  if(T_WAITING)
    attune_waits(${target}.waits)
    attune_cases(${target}.waits ${target} "${T_WAITING}" ${properties} ${ATTUNE_WAITS})
  endif()
  set(left_out ${T_WAITING})
  if(T_NOT_UNDER_TSAN AND CMAKE_CXX_FLAGS MATCHES "fsanitize=thread")
    list(APPEND left_out ${T_NOT_UNDER_TSAN})
  endif()
  list(JOIN left_out ":" left_out)
  if(NOT T_SHARDS)
    set(T_SHARDS 1)
  endif()
  foreach(shard RANGE 1 ${T_SHARDS})
    math(EXPR index "${shard} - 1")
    attune_cases(${target}.${shard} ${target} "*-${left_out}" ${properties} ${ATTUNE_TAKES_A_CORE})
    set_property(TEST ${target}.${shard} PROPERTY ENVIRONMENT GTEST_TOTAL_SHARDS=${T_SHARDS} GTEST_SHARD_INDEX=${index})
  endforeach()
endfunction()

# One process of a test program: its name for ctest, the program, the cases (a gtest filter), properties.
function(attune_cases name program filter)
  add_test(NAME ${name} COMMAND ${program} --gtest_filter=${filter} WORKING_DIRECTORY ${PROJECT_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES ${ARGN})
endfunction()

# attune_fuzz(csv DEPS sense) builds fuzz/csv_fuzz.cpp and runs it for 10 s over fuzz/corpus/csv in ctest.
function(attune_fuzz name)
  cmake_parse_arguments(F "" "" "DEPS;LIBS" ${ARGN})
  add_executable(${name}_fuzz ${PROJECT_SOURCE_DIR}/fuzz/${name}_fuzz.cpp)
  list(TRANSFORM F_DEPS PREPEND attune::)
  target_link_libraries(${name}_fuzz PRIVATE ${F_DEPS} ${F_LIBS})
  target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
  add_test(NAME fuzz_${name} COMMAND ${PROJECT_SOURCE_DIR}/scripts/fuzz-smoke $<TARGET_FILE:${name}_fuzz>
           ${PROJECT_SOURCE_DIR}/fuzz/corpus/${name} 10)
  set_tests_properties(fuzz_${name} PROPERTIES LABELS fuzz-smoke TIMEOUT 120 ${ATTUNE_TAKES_A_CORE})
endfunction()

# attune_bench(choose DEPS choose) builds bench/choose_bench.cpp with Google Benchmark.
function(attune_bench name)
  cmake_parse_arguments(B "" "" "DEPS;LIBS" ${ARGN})
  add_executable(${name}_bench ${PROJECT_SOURCE_DIR}/bench/${name}_bench.cpp)
  list(TRANSFORM B_DEPS PREPEND attune::)
  target_link_libraries(${name}_bench PRIVATE ${B_DEPS} ${B_LIBS} benchmark::benchmark)
  target_compile_definitions(${name}_bench PRIVATE ATTUNE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endfunction()
