# SPDX-License-Identifier: GPL-3.0-or-later
# Compiler settings that every target shares, and the switches of the build.
option(ATTUNE_HEAVY_CHECKS "Expensive internal checks (dev preset)" OFF)
option(ATTUNE_FUZZ "Build the libFuzzer targets (clang only)" OFF)
option(ATTUNE_BENCH "Build the benchmarks" OFF)
option(ATTUNE_TRAIN "Build the libtorch trainers" OFF)
option(ATTUNE_JOIN "Compile files of a target together: quick for a whole build, slow for a change (cmake/join.py)" OFF)
set(ATTUNE_ONLY "" CACHE STRING "Build only these rooms; empty = all")

set(ATTUNE_TEST_ONLY "" CACHE STRING "Build only the tests of these rooms; empty = of all that are built")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# -O2 everywhere and the same arithmetic in every build: a session's record replays bit for bit.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_C_FLAGS_RELEASE "-O2")
add_compile_options(-ffp-contract=off -fno-fast-math)

find_program(ATTUNE_CCACHE ccache)
if(ATTUNE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${ATTUNE_CCACHE})
endif()
find_program(ATTUNE_MOLD mold)
if(ATTUNE_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  add_link_options(-fuse-ld=mold)
endif()
add_link_options(-Wl,--as-needed)

set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
