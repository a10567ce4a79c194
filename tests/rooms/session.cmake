# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(session unit WHOLE DEPS session SOURCES
  support/postgres.cpp
  unit/session_record_test.cpp)
