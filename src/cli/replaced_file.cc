// SPDX-License-Identifier: Apache-2.0
#include "cli/replaced_file.h"

#include <memory>

namespace forebay::cli {

Result<void> replace_file(env::FileSystem& files, const std::string& path,
                          std::string_view content) {
  TRY_ASSIGN(const bool there, files.exists(path));
  if (there) TRY(files.remove(path));
  TRY_ASSIGN(const std::unique_ptr<env::File> file, files.open(path, env::OpenMode::kCreate));
  return file->write(0, content);
}

}  // namespace forebay::cli
