# SPDX-License-Identifier: GPL-3.0-or-later
# Every third-party library, found once. scripts/packages.txt is the list to install.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(tl-expected REQUIRED)

# Only what the chosen rooms need is looked for, so that the sanitizer builds stay small.
macro(attune_need_pkg var module)
  pkg_check_modules(${var} REQUIRED IMPORTED_TARGET ${module})
endmacro()

# scripts/run does not install what only the tests need; then there are no tests in the tree.
if(BUILD_TESTING)
  find_package(GTest QUIET)
  if(GTest_FOUND)
    include(GoogleTest)
  else()
    message(STATUS "GoogleTest is not installed: the tests are left out")
  endif()
endif()
if(ATTUNE_BENCH)
  find_package(benchmark REQUIRED)
endif()
