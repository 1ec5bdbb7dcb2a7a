// SPDX-License-Identifier: Apache-2.0
// What `forebay --help`, `forebay serve --help` and `forebay --version` print.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

namespace forebay::server {

std::string overview_help();
/// Usage, every option of config_options(), and an example of the file.
std::string serve_help();
/// "forebay 0.1.0".
std::string version_line();
/// The file that serve_help() shows; it is a valid one.
std::string_view config_file_example();

}  // namespace forebay::server
