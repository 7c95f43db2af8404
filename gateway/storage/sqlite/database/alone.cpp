#include "gateway/storage/sqlite/database/alone.hpp"

#include "gateway/storage/sqlite/database/database.hpp"

namespace yett::storage::sqlite {

// With this setting the first lock is kept. Whoever uses a write-ahead log has a lock of their own
// on the file for as long as they have it open, and that is in the way of this one.
result<void> keep_to_oneself(database& db)
{
    return db.run_script("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT");
}

} // namespace yett::storage::sqlite
