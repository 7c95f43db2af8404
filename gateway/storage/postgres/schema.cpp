#include "gateway/storage/postgres/schema.hpp"

#include <array>

namespace yett::storage::postgres {

namespace {

// A step that was released is never edited.
//
// What names things compares byte by byte ("C"), whatever the database's language is: pages
// go by it. What strangers wrote in a header is bytea, for it need not be text.
constexpr std::array all_steps{schema::step{1, 1, R"sql(
CREATE TABLE users (
    id                  text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    email               text             NOT NULL,
    email_key           text COLLATE "C" NOT NULL UNIQUE,
    password_hash       text             NOT NULL,
    roles               text[]           NOT NULL,
    verified            boolean          NOT NULL,
    disabled            boolean          NOT NULL,
    created_at          timestamptz      NOT NULL,
    password_changed_at timestamptz      NOT NULL
);

CREATE TABLE sessions (
    id             text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    user_id        text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    family         text COLLATE "C" NOT NULL UNIQUE,
    current_hash   text             NOT NULL,
    previous_hash  text             NOT NULL,
    successor_salt bytea            NOT NULL,
    rotated_at     timestamptz      NOT NULL,
    created_at     timestamptz      NOT NULL,
    last_seen      timestamptz      NOT NULL,
    idle_until     timestamptz      NOT NULL,
    expires_at     timestamptz      NOT NULL,
    access_until   timestamptz      NOT NULL,
    ended_at       timestamptz,
    remembered     boolean          NOT NULL,
    address        text             NOT NULL,
    agent          bytea            NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_open ON sessions (user_id, last_seen, id, idle_until, expires_at) WHERE ended_at IS NULL;
CREATE INDEX sessions_by_idle_until ON sessions (idle_until);
CREATE INDEX sessions_ended ON sessions (access_until) WHERE ended_at IS NOT NULL;

CREATE TABLE revocations (
    kind  smallint         NOT NULL CHECK (kind >= 0),          -- 0 session, 1 subject, 2 token, 3 key, 4 everybody
    id    text COLLATE "C" NOT NULL,
    at    timestamptz      NOT NULL,
    until timestamptz      NOT NULL,
    xid   xid8             NOT NULL DEFAULT pg_current_xact_id(), -- of the transaction that wrote it last
    PRIMARY KEY (kind, id)
);
CREATE INDEX revocations_by_until ON revocations (until);
CREATE INDEX revocations_by_xid ON revocations (xid);

CREATE TABLE devices (
    user_id text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    mark    text COLLATE "C" NOT NULL,
    seen_at timestamptz      NOT NULL,
    PRIMARY KEY (user_id, mark)
);

CREATE TABLE letters (
    id        text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    kind      smallint    NOT NULL CHECK (kind >= 0),
    recipient text        NOT NULL,                             -- empty, like languages, token, address and agent, once closed
    languages bytea       NOT NULL,
    token     text        NOT NULL,
    address   text        NOT NULL,
    agent     bytea       NOT NULL,
    posted_at timestamptz NOT NULL,
    until     timestamptz NOT NULL,
    blank     boolean     NOT NULL,
    attempts  integer     NOT NULL CHECK (attempts >= 0),
    due       timestamptz NOT NULL,                             -- of a claimed letter the end of its lease
    outcome   smallint,                                         -- 0 sent, 1 given up
    closed_at timestamptz,
    CHECK ((outcome IS NULL) = (closed_at IS NULL)),
    CHECK (closed_at IS NULL OR (recipient = '' AND token = ''))
);
CREATE INDEX letters_by_due ON letters (due, id) WHERE closed_at IS NULL;
CREATE INDEX letters_closed ON letters (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX letters_waiting ON letters (recipient, kind) WHERE closed_at IS NULL AND NOT blank;

CREATE TABLE links (
    hash          text COLLATE "C" PRIMARY KEY CHECK (hash <> ''), -- of the token
    purpose       smallint         NOT NULL CHECK (purpose >= 0),
    user_id       text COLLATE "C" REFERENCES users (id) ON DELETE CASCADE,
    email_key     text COLLATE "C" NOT NULL,
    password_hash text             NOT NULL,
    roles         text[]           NOT NULL,
    created_at    timestamptz      NOT NULL,
    expires_at    timestamptz      NOT NULL,
    new_email     text             NOT NULL
);
-- The password of an account's newest link is found without looking at the others, or at the
-- link itself: how long that takes would tell what there is.
CREATE INDEX links_by_user ON links (user_id, purpose, created_at, expires_at) INCLUDE (password_hash);
CREATE INDEX links_by_expires_at ON links (expires_at);

CREATE TABLE api_keys (
    id                  text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    user_id             text COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name                text             NOT NULL,
    hash                text             NOT NULL,              -- of the key's text
    scopes              text[]           NOT NULL,
    requests_per_minute bigint           NOT NULL CHECK (requests_per_minute >= 0), -- 0: no limit of its own
    created_at          timestamptz      NOT NULL,
    expires_at          timestamptz,
    last_used           timestamptz
);
CREATE INDEX api_keys_by_user ON api_keys (user_id);

CREATE TABLE signing_keys (
    algorithm text COLLATE "C" NOT NULL,
    number    bigint           NOT NULL CHECK (number > 0),
    document  text             NOT NULL CHECK (octet_length(document) <= 65536), -- sealed when tokens.keys.secret was set
    PRIMARY KEY (algorithm, number)
);

CREATE TABLE nodes (
    id          text COLLATE "C" PRIMARY KEY CHECK (id <> ''), -- another one after each start
    host        text        NOT NULL,
    version     text        NOT NULL,
    started_at  timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,
    horizon_age bigint      CHECK (horizon_age >= 0)           -- in milliseconds
);
)sql"}};

} // namespace

std::span<schema::step const> steps() noexcept
{
    return all_steps;
}

} // namespace yett::storage::postgres
