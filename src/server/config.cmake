# SPDX-License-Identifier: Apache-2.0
forebay_module(config
  SOURCES config.cc config_file.cc config_flags.cc config_help.cc config_options.cc nearest_name.cc
  DEPENDS env base
  LIBRARIES fmt::fmt)
set_source_files_properties(config_help.cc PROPERTIES
  COMPILE_DEFINITIONS FOREBAY_VERSION="${PROJECT_VERSION}")
forebay_test(config_tests
  SOURCES config_test.cc config_file_test.cc config_options_test.cc
  DEPENDS config)
