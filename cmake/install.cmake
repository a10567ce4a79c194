# SPDX-License-Identifier: GPL-3.0-or-later
if(TARGET attune)
  install(TARGETS attune RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  foreach(dir share models)
    if(EXISTS ${PROJECT_SOURCE_DIR}/${dir})
      install(DIRECTORY ${PROJECT_SOURCE_DIR}/${dir}/ DESTINATION ${CMAKE_INSTALL_DATADIR}/attune
              PATTERN ".gitkeep" EXCLUDE)
    endif()
  endforeach()
  install(FILES README.md CHANGELOG.md THIRD_PARTY.md DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
endif()
