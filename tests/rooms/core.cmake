# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(core unit DEPS core SOURCES
  unit/core_ids_test.cpp unit/core_random_test.cpp unit/core_strings_test.cpp unit/core_text_test.cpp unit/core_time_test.cpp)
attune_test(core stress DEPS core LIBS Threads::Threads SOURCES stress/core_spsc_ring_test.cpp)
