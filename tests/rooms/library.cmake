# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(library unit DEPS library SOURCES
  unit/library_catalogue_test.cpp
  unit/library_filter_test.cpp
  unit/library_scanner_test.cpp)
