# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(care unit DEPS care SOURCES unit/care_people_test.cpp)
