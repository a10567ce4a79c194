# SPDX-License-Identifier: GPL-3.0-or-later
attune_need_pkg(TAGLIB taglib)
attune_test(library unit SHARDS 2 COST 10 DEPS library LIBS PkgConfig::TAGLIB SOURCES
  unit/library_catalogue_test.cpp
  unit/library_filter_test.cpp
  unit/library_formats_test.cpp
  unit/library_scanner_test.cpp
  unit/library_tags_test.cpp
  unit/library_track_models_test.cpp)
find_package(rapidcheck REQUIRED)
attune_test(library prop DEPS library LIBS rapidcheck rapidcheck_gtest SOURCES
  prop/library_prop_test.cpp)
