# SPDX-License-Identifier: GPL-3.0-or-later
# The piano takes more than a second to decode, and every program does so: few programs.
attune_test(compose unit SHARDS 2 COST 60 DEPS compose SOURCES
  unit/compose_controls_test.cpp
  unit/compose_craft_test.cpp
  unit/compose_export_test.cpp
  unit/compose_form_test.cpp
  unit/compose_known_test.cpp
  unit/compose_lstm_test.cpp
  unit/compose_score_test.cpp
  unit/compose_steering_test.cpp)
attune_test(compose rt COST 30 DEPS compose RT_GUARD SOURCES
  rt/compose_live_source_test.cpp)
find_package(rapidcheck REQUIRED)
attune_test(compose prop DEPS compose LIBS rapidcheck rapidcheck_gtest SOURCES
  prop/compose_prop_test.cpp)
