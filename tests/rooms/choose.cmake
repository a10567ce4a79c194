# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(choose unit DEPS choose library SOURCES
  unit/choose_planner_test.cpp unit/choose_reasons_test.cpp unit/choose_rules_test.cpp)
attune_test(choose prop DEPS choose library SOURCES
  prop/choose_plan_test.cpp)
