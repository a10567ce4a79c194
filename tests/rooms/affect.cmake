# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(affect unit DEPS affect SOURCES
  unit/affect_fusion_test.cpp
  )
attune_test(affect session DEPS affect sense SOURCES
  session/affect_fusion_calibration_test.cpp
  )
