# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(affect unit DEPS affect SOURCES
  unit/affect_fusion_test.cpp
  )
