# SPDX-License-Identifier: GPL-3.0-or-later
find_package(PNG REQUIRED)
attune_test(affect unit SHARDS 2 COST 20 DEPS affect LIBS PNG::PNG SOURCES
  unit/affect_fusion_result_test.cpp
  unit/affect_beats_test.cpp
  unit/affect_body_features_test.cpp
  unit/affect_body_recogniser_test.cpp
  unit/affect_brought_face_test.cpp
  unit/affect_detection_test.cpp
  unit/affect_face_liveness_test.cpp
  unit/affect_face_recogniser_test.cpp
  unit/affect_fusion_test.cpp
  unit/affect_held_back_test.cpp
  unit/affect_state_json_test.cpp
  unit/affect_voice_recogniser_test.cpp
  )
find_package(rapidcheck REQUIRED)
attune_test(affect prop DEPS affect LIBS rapidcheck rapidcheck_gtest SOURCES
  prop/affect_fusion_prop_test.cpp
  )
attune_test(affect session DEPS affect sense SOURCES
  session/affect_fusion_calibration_test.cpp
  )
