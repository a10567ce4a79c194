# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(signal unit DEPS signal SOURCES
  unit/signal_face_crop_test.cpp
  unit/signal_mel_test.cpp
  unit/signal_stft_test.cpp)
attune_test(signal golden DEPS signal SOURCES
  golden/signal_mel_golden_test.cpp)
