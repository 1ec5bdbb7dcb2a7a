// SPDX-License-Identifier: Apache-2.0
#include "server/emulated_disk.h"

#include <string>

#include "base/log.h"
#include "env/limited_file_system.h"
#include "env/unsynced_file_system.h"

namespace forebay::server {

EmulatedDisk::EmulatedDisk(const Config& config) : files_(&env::posix_file_system()) {
  if (config.emulated_power_loss) {
    const EmulatedPowerLoss& wanted = *config.emulated_power_loss;
    log_warn("emulating a disk that loses unsynced writes; for tests only",
             {{"seed", std::to_string(wanted.seed)}, {"lying", wanted.lying ? "true" : "false"}});
    unsynced_ = std::make_unique<env::UnsyncedFileSystem>(
        *files_, env::UnsyncedFileSystem::Options{.lying = wanted.lying, .seed = wanted.seed});
    files_ = unsynced_.get();
  }
  if (config.emulated_disk_bytes > 0) {
    log_warn("emulating a small disk; for tests only",
             {{"bytes", std::to_string(config.emulated_disk_bytes)}});
    limited_ = std::make_unique<env::LimitedFileSystem>(*files_, config.emulated_disk_bytes);
    files_ = limited_.get();
  }
}

}  // namespace forebay::server
