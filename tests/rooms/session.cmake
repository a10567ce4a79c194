# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(session unit WAITING * COST 40 DEPS session SOURCES
  support/postgres.cpp
  unit/session_blocks_test.cpp
  unit/session_album_test.cpp
  unit/session_composed_test.cpp
  unit/session_commands_test.cpp
  unit/session_dose_test.cpp
  unit/session_helped_test.cpp
  unit/session_known_items_test.cpp
  unit/session_order_frame_test.cpp
  unit/session_record_test.cpp
  unit/session_results_test.cpp
  unit/session_samples_test.cpp
  unit/session_schema_test.cpp
  unit/session_told_test.cpp)
attune_test(session session SHARDS 4 COST 40 WAITING LiveSession.* DEPS session SOURCES
  session/fast_session_test.cpp session/session_compare_test.cpp session/state_stream_test.cpp
  session/live_stop_test.cpp session/live_commands_test.cpp session/live_devices_test.cpp session/breath_record_test.cpp session/check_in_test.cpp session/sensor_loss_test.cpp session/from_samples_test.cpp session/composed_session_test.cpp
  session/body_session_test.cpp session/memory_question_test.cpp)
