# SPDX-License-Identifier: Apache-2.0
# The client library as others link it: one archive of the modules it is made of, its public headers, a CMake
# package and a pkg-config file; beside it the test kit (src/testkit), likewise. `cmake --install build/release --component library --prefix <where>`.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# forebay_library(MODULES base ... HEADERS <folder>...)
function(forebay_library)
  cmake_parse_arguments(ARG "" "" "MODULES;HEADERS" ${ARGN})
  # The server's program is already called forebay.
  add_library(forebay_library STATIC)
  set_target_properties(forebay_library PROPERTIES OUTPUT_NAME forebay EXPORT_NAME forebay)
  foreach(module ${ARG_MODULES})
    target_sources(forebay_library PRIVATE $<TARGET_OBJECTS:forebay_${module}>)
  endforeach()
  set_target_properties(forebay_library PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(forebay_library INTERFACE CURL::libcurl OpenSSL::Crypto fmt::fmt simdjson::simdjson
    SQLite::SQLite3 Threads::Threads)
  target_compile_features(forebay_library INTERFACE cxx_std_20)
  target_include_directories(forebay_library INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

  install(TARGETS forebay_library EXPORT forebay ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
  foreach(folder ${ARG_HEADERS})
    install(DIRECTORY ${folder}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library FILES_MATCHING PATTERN "*.h")
  endforeach()

  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Forebay)
  install(EXPORT forebay NAMESPACE Forebay:: FILE ForebayTargets.cmake DESTINATION ${package} COMPONENT library)
  configure_package_config_file(cmake/ForebayConfig.cmake.in ${CMAKE_BINARY_DIR}/ForebayConfig.cmake
    INSTALL_DESTINATION ${package})
  write_basic_package_version_file(${CMAKE_BINARY_DIR}/ForebayConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_BINARY_DIR}/ForebayConfig.cmake ${CMAKE_BINARY_DIR}/ForebayConfigVersion.cmake
    DESTINATION ${package} COMPONENT library)
  foreach(name forebay forebay-testing)
    configure_file(cmake/${name}.pc.in ${CMAKE_BINARY_DIR}/${name}.pc @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)
  endforeach()
endfunction()
