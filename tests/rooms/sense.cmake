# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(sense unit DEPS sense LIBS ${ATTUNE_EDF_LIBRARY} SOURCES
  unit/sense_face_video_test.cpp
  unit/sense_live_test.cpp
  unit/sense_microphone_test.cpp
  unit/sense_open_source_test.cpp
  unit/sense_persona_test.cpp
  unit/sense_replay_test.cpp
  unit/sense_simulated_listener_test.cpp
  unit/sense_spec_test.cpp
  )
attune_need_pkg(MOSQUITTO libmosquitto)
attune_need_pkg(LIBLO liblo)
attune_need_pkg(SDBUSCPP sdbus-c++)
attune_test(sense session DEPS sense LIBS PkgConfig::MOSQUITTO PkgConfig::LIBLO PkgConfig::SDBUSCPP SOURCES
  session/sense_ble_test.cpp
  session/sense_network_test.cpp
  )
