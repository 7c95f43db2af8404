#include "gateway/storage/sqlite/schema.hpp"

#include "gateway/storage/sqlite/database.hpp"

#include <array>
#include <stdexcept>

namespace yett::storage::sqlite {

namespace {

// Step n leads from version n to n + 1. A step that was released is never edited.
// Times are milliseconds since 1970.
constexpr std::array steps{
    R"sql(
CREATE TABLE users (
    id                  TEXT    NOT NULL PRIMARY KEY,
    email               TEXT    NOT NULL,
    email_key           TEXT    NOT NULL UNIQUE,
    password_hash       TEXT    NOT NULL,
    roles               TEXT    NOT NULL,          -- a JSON array of strings
    verified            INTEGER NOT NULL,
    disabled            INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    password_changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id             TEXT    NOT NULL PRIMARY KEY,
    user_id        TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    family         TEXT    NOT NULL UNIQUE,
    current_hash   TEXT    NOT NULL,
    previous_hash  TEXT    NOT NULL,
    successor_salt BLOB    NOT NULL,
    rotated_at     INTEGER NOT NULL,
    created_at     INTEGER NOT NULL,
    last_seen      INTEGER NOT NULL,
    idle_until     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    access_until   INTEGER NOT NULL,
    ended_at       INTEGER,
    address        TEXT    NOT NULL,
    agent          TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_idle_until ON sessions (idle_until);
CREATE INDEX sessions_ended ON sessions (access_until) WHERE ended_at IS NOT NULL;

CREATE TABLE revocations (
    kind  INTEGER NOT NULL,                        -- 0 session, 1 subject
    id    TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX revocations_by_until ON revocations (until);
)sql",
    R"sql(
CREATE TABLE letters (
    id        TEXT    NOT NULL PRIMARY KEY,
    kind      INTEGER NOT NULL,
    recipient TEXT    NOT NULL,                    -- empty, like languages, token, address and agent, once closed
    languages TEXT    NOT NULL,
    token     TEXT    NOT NULL,
    address   TEXT    NOT NULL,
    agent     TEXT    NOT NULL,
    posted_at INTEGER NOT NULL,
    until     INTEGER NOT NULL,
    blank     INTEGER NOT NULL,
    attempts  INTEGER NOT NULL,
    due       INTEGER NOT NULL,                    -- of a claimed letter the end of its lease
    outcome   INTEGER,                             -- 0 sent, 1 given up
    closed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX letters_by_due ON letters (due) WHERE closed_at IS NULL;
CREATE INDEX letters_closed ON letters (closed_at) WHERE closed_at IS NOT NULL;
)sql",
    R"sql(
CREATE TABLE links (
    hash          TEXT    NOT NULL PRIMARY KEY,    -- of the token
    purpose       INTEGER NOT NULL,                -- 0 verify the address, 1 reset the password, 2 invitation
    user_id       TEXT    REFERENCES users (id) ON DELETE CASCADE,
    email_key     TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    roles         TEXT    NOT NULL,                -- a JSON array of strings
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX links_by_user ON links (user_id);
CREATE INDEX links_by_expires_at ON links (expires_at);

CREATE TABLE devices (
    user_id TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    mark    TEXT    NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, mark)
) STRICT, WITHOUT ROWID;
)sql",
    R"sql(
CREATE TABLE api_keys (
    id                  TEXT    NOT NULL PRIMARY KEY,
    user_id             TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name                TEXT    NOT NULL,
    hash                TEXT    NOT NULL,          -- of the key's text
    scopes              TEXT    NOT NULL,          -- a JSON array of strings
    requests_per_minute INTEGER NOT NULL,          -- 0: no limit of its own
    created_at          INTEGER NOT NULL,
    expires_at          INTEGER,
    last_used           INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX api_keys_by_user ON api_keys (user_id);
)sql",
    R"sql(
CREATE TABLE signing_keys (
    algorithm TEXT    NOT NULL,
    number    INTEGER NOT NULL,
    document  TEXT    NOT NULL,                    -- sealed when tokens.keys.secret was set
    PRIMARY KEY (algorithm, number)
) STRICT, WITHOUT ROWID;
)sql",
    // The password of an account's newest link is found without looking at the others, or at
    // the link itself: how long that takes would tell what there is.
    R"sql(
DROP INDEX links_by_user;
CREATE INDEX links_by_user ON links (user_id, purpose, created_at, expires_at, password_hash);
)sql",
    // The sessions that have not ended, by their last use: who has too many is told from it alone.
    R"sql(
ALTER TABLE sessions ADD COLUMN remembered INTEGER NOT NULL DEFAULT 1;
CREATE INDEX sessions_open ON sessions (user_id, last_seen, id, idle_until, expires_at) WHERE ended_at IS NULL;
ALTER TABLE links ADD COLUMN new_email TEXT NOT NULL DEFAULT '';
CREATE INDEX letters_waiting ON letters (recipient, kind) WHERE closed_at IS NULL AND blank = 0;
)sql"};

[[noreturn]] void complain(std::string const& path, std::string const& what)
{
    throw std::runtime_error{"storage.url: " + path + ": " + what};
}

void check(result<void> const& done, std::string const& path)
{
    if (!done) complain(path, "cannot bring the schema up to date: " + describe(done.error()));
}

int current_version(database& db, std::string const& path)
{
    auto version = db.prepare("SELECT coalesce(max(version), 0) FROM schema_version");
    if (!version.step()) complain(path, describe(version.failure_or(errc::storage_unavailable)));
    return static_cast<int>(version.integer(0));
}

// False when there is nothing left to do. Reads the version under the write lock, because
// another process may have been here a moment ago.
bool take_step(database& db, std::string const& path)
{
    check(db.run("BEGIN IMMEDIATE"), path);
    auto const version = current_version(db, path);
    if (version > newest_schema())
        complain(path, "was written by a newer program (schema " + std::to_string(version) + ", this one knows " +
                           std::to_string(newest_schema()) + ")");
    auto const due = version < newest_schema();
    if (due) {
        check(db.run_script(steps[static_cast<std::size_t>(version)]), path);
        auto record = db.prepare("INSERT INTO schema_version (version, applied_at) VALUES (?1, unixepoch() * 1000)");
        check(record.bind(std::int64_t{version + 1}).run(), path);
    }
    check(db.run("COMMIT"), path);
    return due;
}

} // namespace

int newest_schema() noexcept
{
    return static_cast<int>(steps.size());
}

void migrate(database& db, std::string const& path)
{
    check(db.run_script("CREATE TABLE IF NOT EXISTS schema_version"
                        " (version INTEGER NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT"),
          path);
    while (take_step(db, path)) {}
}

} // namespace yett::storage::sqlite
