// SPDX-License-Identifier: Apache-2.0
// IdempotencyStore::sqlite: one table, one connection, every operation one statement or one
// immediate transaction; a write-ahead log that is synced at each commit.
#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include <forebay/sqs/consumer_idempotency.h>

#include "base/result.h"
#include "env/clock.h"

namespace forebay::sqs {
namespace {

constexpr int kBusyWaitMs = 5'000;
constexpr int64_t kCleanEveryClaims = 1'000;

constexpr const char* kSetUp =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "CREATE TABLE IF NOT EXISTS forebay_idempotency ("
    " key TEXT PRIMARY KEY NOT NULL,"
    " token INTEGER NOT NULL,"
    " until_ms INTEGER NOT NULL,"
    " done INTEGER NOT NULL,"
    " result BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS forebay_idempotency_until ON forebay_idempotency (until_ms);";

// A claim on a new key, or over a record that has ended: one statement, so that of two processes
// one gets its own token back.
constexpr const char* kClaim =
    "INSERT INTO forebay_idempotency VALUES (?1, ?4, ?2, 0, x'')"
    " ON CONFLICT (key) DO UPDATE SET token = ?4, until_ms = ?2, done = 0, result = x''"
    " WHERE until_ms <= ?3 RETURNING token";
constexpr const char* kLook =
    "SELECT until_ms, done, result FROM forebay_idempotency WHERE key = ?1";
constexpr const char* kComplete =
    "UPDATE forebay_idempotency SET done = 1, until_ms = ?3, result = ?4"
    " WHERE key = ?1 AND token = ?2 AND done = 0";
constexpr const char* kRelease =
    "DELETE FROM forebay_idempotency WHERE key = ?1 AND token = ?2 AND done = 0";
constexpr const char* kClean = "DELETE FROM forebay_idempotency WHERE until_ms <= ?1";

/// Names a claim: more than 0, and never the same twice.
int64_t new_token() {
  uint8_t bytes[sizeof(int64_t)];
  env::system_random().fill(bytes);
  int64_t number = 0;
  std::memcpy(&number, bytes, sizeof(number));
  return (number & INT64_MAX) | 1;
}

int64_t ms_of(Timestamp moment) {
  return moment.time_since_epoch().count();
}

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
struct EndStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, EndStatement>;

Error failed(sqlite3* database, ErrorKind kind = ErrorKind::kServerFault) {
  return {.kind = kind,
          .message = std::string("The idempotency store: ") +
                     (database == nullptr ? "out of memory" : sqlite3_errmsg(database)),
          .retryable = kind == ErrorKind::kServerFault};
}

class SqliteStore final : public IdempotencyStore {
 public:
  explicit SqliteStore(Database database) : database_(std::move(database)) {}

  Result<void> prepare() {
    for (auto& [text, statement] : {std::pair<const char*, Statement&>{kClaim, claim_},
                                    {kLook, look_},
                                    {kComplete, complete_},
                                    {kRelease, release_},
                                    {kClean, clean_}}) {
      sqlite3_stmt* made = nullptr;
      if (sqlite3_prepare_v2(database_.get(), text, -1, &made, nullptr) != SQLITE_OK) {
        return failed(database_.get(), ErrorKind::kConfiguration);
      }
      statement.reset(made);
    }
    return {};
  }

  Result<IdempotencyClaim> claim(std::string_view key, Timestamp now,
                                 Timestamp lock_until) override {
    const std::lock_guard lock(mu_);
    if (++claims_ % kCleanEveryClaims == 0) TRY(run(*clean_, {ms_of(now)}));
    // Between the two statements the record that was in the way may go: then the claim is free.
    for (;;) {
      TRY_ASSIGN(const int64_t token, try_claim(key, now, lock_until));
      if (token > 0) {
        return IdempotencyClaim{.state = IdempotencyClaim::State::kClaimed,
                                .token = static_cast<uint64_t>(token)};
      }
      TRY_ASSIGN(IdempotencyClaim other, look(key));
      if (other.until > now) return other;
    }
  }

  Result<void> complete(std::string_view key, uint64_t token, std::string_view result,
                        Timestamp expires) override {
    const std::lock_guard lock(mu_);
    sqlite3_bind_text(complete_.get(), 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    sqlite3_bind_int64(complete_.get(), 2, static_cast<int64_t>(token));
    sqlite3_bind_int64(complete_.get(), 3, ms_of(expires));
    // An empty text is no null.
    sqlite3_bind_blob(complete_.get(), 4, result.empty() ? "" : result.data(),
                      static_cast<int>(result.size()), SQLITE_STATIC);
    return finish(*complete_, sqlite3_step(complete_.get()));
  }

  Result<void> release(std::string_view key, uint64_t token) override {
    const std::lock_guard lock(mu_);
    sqlite3_bind_text(release_.get(), 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    sqlite3_bind_int64(release_.get(), 2, static_cast<int64_t>(token));
    return finish(*release_, sqlite3_step(release_.get()));
  }

 private:
  /// The claim's token, or 0 when the key is taken.
  Result<int64_t> try_claim(std::string_view key, Timestamp now, Timestamp lock_until) {
    sqlite3_stmt* const statement = claim_.get();
    sqlite3_bind_text(statement, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, ms_of(lock_until));
    sqlite3_bind_int64(statement, 3, ms_of(now));
    sqlite3_bind_int64(statement, 4, new_token());
    int step = sqlite3_step(statement);
    int64_t token = 0;
    if (step == SQLITE_ROW) {
      token = sqlite3_column_int64(statement, 0);
      step = sqlite3_step(statement);  // commits
    }
    TRY(finish(*statement, step));
    return token;
  }

  /// What is on record; nothing (until long ago) when there is no record.
  Result<IdempotencyClaim> look(std::string_view key) {
    sqlite3_stmt* const statement = look_.get();
    sqlite3_bind_text(statement, 1, key.data(), static_cast<int>(key.size()), SQLITE_STATIC);
    IdempotencyClaim found;
    int step = sqlite3_step(statement);
    if (step == SQLITE_ROW) {
      found.until = Timestamp(std::chrono::milliseconds(sqlite3_column_int64(statement, 0)));
      const bool done = sqlite3_column_int64(statement, 1) != 0;
      found.state = done ? IdempotencyClaim::State::kDone : IdempotencyClaim::State::kInFlight;
      if (const void* bytes = sqlite3_column_blob(statement, 2)) {
        found.result.assign(static_cast<const char*>(bytes),
                            static_cast<size_t>(sqlite3_column_bytes(statement, 2)));
      }
      step = SQLITE_DONE;
    }
    TRY(finish(*statement, step));
    return found;
  }

  Result<void> run(sqlite3_stmt& statement, std::initializer_list<int64_t> numbers) {
    int place = 0;
    for (const int64_t number : numbers) sqlite3_bind_int64(&statement, ++place, number);
    return finish(statement, sqlite3_step(&statement));
  }

  /// Makes the statement ready for its next use.
  Result<void> finish(sqlite3_stmt& statement, int step) {
    Result<void> result;
    if (step != SQLITE_DONE) result = failed(database_.get());
    sqlite3_reset(&statement);
    sqlite3_clear_bindings(&statement);
    return result;
  }

  std::mutex mu_;
  // Guarded by mu_. Statements end before their database.
  const Database database_;
  Statement claim_;
  Statement look_;
  Statement complete_;
  Statement release_;
  Statement clean_;
  int64_t claims_ = 0;
};

}  // namespace

Result<std::shared_ptr<IdempotencyStore>> IdempotencyStore::sqlite(const std::string& path) {
  sqlite3* opened = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int status = sqlite3_open_v2(path.c_str(), &opened, flags, nullptr);
  Database database(opened);
  if (status != SQLITE_OK) return failed(opened, ErrorKind::kConfiguration);
  sqlite3_busy_timeout(opened, kBusyWaitMs);
  if (sqlite3_exec(opened, kSetUp, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failed(opened, ErrorKind::kConfiguration);
  }
  const auto store = std::make_shared<SqliteStore>(std::move(database));
  TRY(store->prepare());
  return std::shared_ptr<IdempotencyStore>(store);
}

}  // namespace forebay::sqs
