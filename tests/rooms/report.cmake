# SPDX-License-Identifier: GPL-3.0-or-later
attune_test(report unit DEPS report session SOURCES unit/report_html_test.cpp)
