// SPDX-License-Identifier: Apache-2.0
#include "cli/command_table.h"

#include <set>

#include <gtest/gtest.h>

#include "cli/command_help.h"
#include "cli/completions.h"
#include "cli/man_page.h"

namespace forebay::cli {
namespace {

using commands::CommandSpec;
using commands::OptionSpec;
using Words = std::vector<std::string>;

TEST(CommandTable, NamesAndLettersAreUniqueWithinACommand) {
  for (const CommandSpec& spec : command_table().commands) {
    std::set<std::string_view> names = {"help"};
    std::set<char> letters = {'h'};
    const auto check = [&](const OptionSpec& option) {
      EXPECT_TRUE(names.insert(option.name).second) << spec.path << " --" << option.name;
      if (option.letter != 0) {
        EXPECT_TRUE(letters.insert(option.letter).second) << spec.path << " -" << option.letter;
      }
      EXPECT_FALSE(option.text.empty());
      EXPECT_TRUE(option.most == 0 || !option.value.empty());
    };
    for (const OptionSpec& option : spec.options) check(option);
    for (const OptionSpec& option : command_table().global_options) check(option);
    EXPECT_NE(spec.run, nullptr);
    EXPECT_FALSE(spec.summary.empty());
    EXPECT_LE(spec.arguments_least, spec.arguments_most);
  }
}

TEST(CommandTable, AnOptionThatTakesANumberSaysItsLimit) {
  for (const CommandSpec& spec : command_table().commands) {
    for (const OptionSpec& option : spec.options) {
      if (option.most == 0 || option.most > 50'000) continue;
      const bool told =
          option.text.find(std::to_string(option.most)) != option.text.npos || option.most == 1000;
      EXPECT_TRUE(told) << spec.path << " --" << option.name;
    }
  }
}

/// Help, completions and the manual come from one table: what is in it is in all of them.
TEST(CommandTable, EverythingIsInHelpManualAndCompletions) {
  const std::string manual = man_page();
  for (const CommandSpec& spec : command_table().commands) {
    const std::string help = command_help(spec);
    EXPECT_NE(help.find("forebay " + std::string(spec.path)), std::string::npos);
    for (const OptionSpec& option : spec.options) {
      const std::string name = "--" + std::string(option.name);
      EXPECT_NE(help.find(name), std::string::npos) << spec.path << name;
      for (const char* shell : {"bash", "zsh"}) {
        EXPECT_NE(completions(shell).find(name), std::string::npos) << shell << name;
      }
      EXPECT_NE(completions("fish").find(" -l " + std::string(option.name)), std::string::npos);
      std::string roff = "\\-\\-";
      for (const char c : option.name) roff += c == '-' ? std::string("\\-") : std::string(1, c);
      EXPECT_NE(manual.find(roff), std::string::npos) << name;
    }
  }
  for (const char* word : {"--durability", "verify", "--raw-target"}) {
    EXPECT_NE(completions("bash").find(word), std::string::npos) << word;
  }
  EXPECT_EQ(completions("tcsh"), "");
}

TEST(CommandTable, NoLineOfTheHelpIsTooLong) {
  Words texts = {group_help("queue"), group_help("dlq"), group_help("move-task")};
  for (const CommandSpec& spec : command_table().commands) texts.push_back(command_help(spec));
  for (const std::string& text : texts) {
    size_t begin = 0;
    for (size_t end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
      EXPECT_LE(end - begin, 96u) << text.substr(begin, end - begin);
      begin = end + 1;
    }
  }
}

TEST(OptionsInHelp, AreThoseAtTheStartOfALine) {
  EXPECT_EQ(options_in_help("Usage: x --not\n  -q, --quiet   no line\n  --rate N  see --other\n"
                            "  --memory=on  y\n  -- z\n"),
            (Words{"--quiet", "--rate", "--memory"}));
}

}  // namespace
}  // namespace forebay::cli
