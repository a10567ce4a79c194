# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(learn unit DEPS learn SOURCES
  unit/learn_calibration_test.cpp
  unit/learn_crop_jpeg_test.cpp
  unit/learn_dataset_hash_test.cpp
  unit/learn_direct_convolution_test.cpp
  unit/learn_evaluation_test.cpp
  unit/learn_face_finder_test.cpp
  unit/learn_logistic_test.cpp
  unit/learn_machines_test.cpp
  unit/learn_metrics_test.cpp
  unit/learn_model_card_test.cpp
  unit/learn_onnx_model_test.cpp
  unit/learn_results_test.cpp
  unit/learn_split_test.cpp
  unit/learn_voice_model_test.cpp
  unit/learn_wfdb_test.cpp
  )
find_package(rapidcheck REQUIRED)
attune_test(learn prop DEPS learn LIBS rapidcheck rapidcheck_gtest SOURCES
  prop/learn_split_prop_test.cpp)
