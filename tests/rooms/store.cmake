# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(store unit WAITING * COST 20 DEPS store SOURCES
  support/postgres.cpp
  unit/store_connection_test.cpp
  unit/store_schema_test.cpp
  unit/store_seal_test.cpp)
