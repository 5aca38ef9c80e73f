# `cmake --install`, and the Debian package of CPack (`./dev package`).
include(GNUInstallDirs)
set(etc ${CMAKE_INSTALL_FULL_SYSCONFDIR})
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(etc /etc)
endif()
set(units lib/systemd/system)
configure_file(${CMAKE_CURRENT_LIST_DIR}/lockstep.service ${CMAKE_BINARY_DIR}/packaging/lockstep.service @ONLY)
install(TARGETS lockstep lockstep-sim RUNTIME)
# Compressed without a date, so that one version gives one package.
file(WRITE ${CMAKE_BINARY_DIR}/packaging/changelog "lockstep (${LOCKSTEP_VERSION}) unstable; urgency=medium

  * See the project's history.

 -- The Lockstep maintainers <maintainers@lockstep.invalid>  Thu, 01 Jan 2026 00:00:00 +0000
")
foreach(page ${CMAKE_SOURCE_DIR}/packaging/lockstep.1 ${CMAKE_SOURCE_DIR}/packaging/lockstep-sim.1
    ${CMAKE_BINARY_DIR}/packaging/changelog)
  get_filename_component(name ${page} NAME)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page})
  execute_process(COMMAND gzip -9nc ${page} OUTPUT_FILE ${CMAKE_BINARY_DIR}/packaging/${name}.gz
    COMMAND_ERROR_IS_FATAL ANY)
endforeach()
install(FILES ${CMAKE_BINARY_DIR}/packaging/lockstep.1.gz ${CMAKE_BINARY_DIR}/packaging/lockstep-sim.1.gz
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_BINARY_DIR}/packaging/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${CMAKE_BINARY_DIR}/packaging/lockstep.service DESTINATION ${units})
install(FILES packaging/lockstep.cfg DESTINATION ${etc}/lockstep)
install(FILES packaging/lockstep.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME lockstep)
install(FILES packaging/lockstep-sim.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME lockstep-sim)
install(FILES packaging/_lockstep DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES packaging/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md" PATTERN "decisions" EXCLUDE
  PATTERN "examples" EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VERSION ${LOCKSTEP_VERSION})
set(CPACK_PACKAGE_CONTACT "The Lockstep maintainers <maintainers@lockstep.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS adduser)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "TCP and HTTP reverse proxy with a network simulator")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Reads HAProxy's configuration language and runs its Lua scripts.\n The same engine and the same Lua binding serve production traffic (lockstep) or\n replay network scenarios step by step under a virtual clock (lockstep-sim).")
file(WRITE ${CMAKE_BINARY_DIR}/packaging/conffiles "/etc/lockstep/lockstep.cfg\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/packaging/conffiles
  ${CMAKE_CURRENT_LIST_DIR}/postinst ${CMAKE_CURRENT_LIST_DIR}/prerm ${CMAKE_CURRENT_LIST_DIR}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)
