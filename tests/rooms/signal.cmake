# SPDX-License-Identifier: GPL-3.0-or-later
pkg_check_modules(EBUR128 REQUIRED IMPORTED_TARGET libebur128)
attune_test(signal unit DEPS signal LIBS PkgConfig::EBUR128 SOURCES
  unit/signal_body_quality_test.cpp
  unit/signal_ecg_peaks_test.cpp
  unit/signal_eda_test.cpp
  unit/signal_face_crop_test.cpp
  unit/signal_loudness_test.cpp
  unit/signal_resampler_test.cpp
  unit/signal_mel_test.cpp
  unit/signal_music_test.cpp
  unit/signal_ppg_peaks_test.cpp
  unit/signal_respiration_test.cpp
  unit/signal_stft_test.cpp
  )
attune_test(signal golden DEPS signal SOURCES
  golden/signal_body_golden_test.cpp
  golden/signal_mel_golden_test.cpp)
find_package(rapidcheck REQUIRED)
attune_test(signal prop DEPS signal LIBS rapidcheck rapidcheck_gtest SOURCES
  prop/signal_blocks_prop_test.cpp)
