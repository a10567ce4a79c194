# SPDX-License-Identifier: GPL-3.0-or-later
attune_need_pkg(EBUR128 libebur128)
attune_test(play unit SHARDS 4 COST 30 WAITING Live.*:Device.* NOT_UNDER_TSAN
    Ratios/*:BothWays/*:Tempo.*:All/Gapless.*/wav_44100:All/Gapless.*/flac_44100:All/Gapless.*/alac*:All/Gapless.*/wv*
  DEPS play LIBS PkgConfig::EBUR128 SOURCES
  unit/play_device_test.cpp
  unit/play_dose_test.cpp
  unit/play_gapless_test.cpp
  unit/play_live_test.cpp
  unit/play_loudness_test.cpp
  unit/play_tempo_test.cpp
  unit/play_timeline_test.cpp)
attune_test(play stress WAITING PlayerStress.* DEPS play LIBS Threads::Threads SOURCES stress/play_player_stress_test.cpp)
attune_test(play rt DEPS play RT_GUARD SOURCES rt/play_engine_rt_test.cpp)
