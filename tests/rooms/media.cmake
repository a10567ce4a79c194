# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(media unit DEPS media SOURCES
  unit/media_decoder_test.cpp
  unit/media_encoder_delay_test.cpp
  unit/media_encoder_test.cpp
  unit/media_resampler_test.cpp
  unit/media_video_test.cpp)
