// SPDX-License-Identifier: Apache-2.0
// The files that a server keeps its data in: the machine's, or, where the project's own tests ask
// for it (emulate-power-loss, emulate-disk-bytes), the machine's behind layers that lose or refuse
// writes as a disk does.
//
// Why in the program itself, see env/unsynced_file_system.h.
// Thread: main; files() any.
#pragma once

#include <memory>

#include "env/file_system.h"
#include "server/config.h"

namespace forebay::server {

class EmulatedDisk {
 public:
  /// Logs a warning for everything that is emulated.
  explicit EmulatedDisk(const Config& config);

  /// Lives as long as this object.
  env::FileSystem& files() const { return *files_; }

 private:
  std::unique_ptr<env::FileSystem> unsynced_;
  std::unique_ptr<env::FileSystem> limited_;
  env::FileSystem* files_;
};

}  // namespace forebay::server
