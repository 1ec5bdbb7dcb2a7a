// SPDX-License-Identifier: Apache-2.0
// What shells need to complete `forebay ...`: made from the table of commands and from help texts.
// Thread: any.
#pragma once

#include <string>
#include <string_view>

namespace forebay::cli {

/// For "bash", "zsh" or "fish"; empty for others.
std::string completions(std::string_view shell);

}  // namespace forebay::cli
