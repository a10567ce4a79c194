# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(flow unit DEPS flow SOURCES unit/flow_goal_test.cpp)
