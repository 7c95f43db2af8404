#include "gateway/storage/sqlite/schema.hpp"

#include <array>

namespace yett::storage::sqlite {

namespace {

// How a step has to be made, so that the program before it goes on working, is in docs/adr/0010.
// The programs up to 7 refuse whatever is newer than they are, so that none of them is promised
// anything. Times are milliseconds since 1970.
constexpr std::array all_steps{schema::step{1, 1, R"sql(
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
)sql"},
                               schema::step{2, 2, R"sql(
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
)sql"},
                               schema::step{3, 3, R"sql(
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
)sql"},
                               schema::step{4, 4, R"sql(
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
)sql"},
                               schema::step{5, 5, R"sql(
CREATE TABLE signing_keys (
    algorithm TEXT    NOT NULL,
    number    INTEGER NOT NULL,
    document  TEXT    NOT NULL,                    -- sealed when tokens.keys.secret was set
    PRIMARY KEY (algorithm, number)
) STRICT, WITHOUT ROWID;
)sql"},
                               // The password of an account's newest link is found without looking at the others, or at
                               // the link itself: how long that takes would tell what there is.
                               schema::step{6, 6, R"sql(
DROP INDEX links_by_user;
CREATE INDEX links_by_user ON links (user_id, purpose, created_at, expires_at, password_hash);
)sql"},
                               // The sessions that have not ended, by their last use: who has too many is told from it alone.
                               schema::step{7, 7, R"sql(
ALTER TABLE sessions ADD COLUMN remembered INTEGER NOT NULL DEFAULT 1;
CREATE INDEX sessions_open ON sessions (user_id, last_seen, id, idle_until, expires_at) WHERE ended_at IS NULL;
ALTER TABLE links ADD COLUMN new_email TEXT NOT NULL DEFAULT '';
CREATE INDEX letters_waiting ON letters (recipient, kind) WHERE closed_at IS NULL AND blank = 0;
)sql"},
                               // Nothing is made. But a program that does not know what this says would accept what it refuses.
                               schema::step{8, 8, R"sql(
-- From here on a revocation may be about everybody (kind 4), whose tokens issued up to `at` are refused.
)sql"}};

} // namespace

std::span<schema::step const> steps() noexcept
{
    return all_steps;
}

} // namespace yett::storage::sqlite
