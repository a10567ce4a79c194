# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(play unit DEPS play SOURCES
  unit/play_timeline_test.cpp)
