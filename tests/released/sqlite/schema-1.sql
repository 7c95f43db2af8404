-- A store as programs of this schema leave it. Never edited.
BEGIN TRANSACTION;
CREATE TABLE revocations (
    kind  INTEGER NOT NULL,                        -- 0 session, 1 subject
    id    TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
INSERT INTO "revocations" VALUES(0,'s-ended',1699992800000,1700003600000);
INSERT INTO "revocations" VALUES(0,'s-long-ago',1699222400000,1699308800000);
INSERT INTO "revocations" VALUES(1,'01890000-0000-7000-8000-00000000000d',1699996400000,1700003600000);
CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL) STRICT;
INSERT INTO "schema_version" VALUES(1,1696544000000);
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
INSERT INTO "sessions" VALUES('s-ended','01890000-0000-7000-8000-00000000000a','b25lIHRoYXQgZW5kZWQuLg','ffe3760491f928f511a31ca3efa412cf4aaa4bf2d59c479223bdfe3d8e81e5d2','',X'',1699740800000,1699740800000,1699740800000,1699827200000,1702332800000,1700003600000,1699992800000,'192.0.2.3','');
INSERT INTO "sessions" VALUES('s-fresh','01890000-0000-7000-8000-00000000000a','YSBmYW1pbHkgb2YgMTYgYg','543ff9d165f76c8d573e24c602c68de7a41342bb27343da209e3b64a12b16b77','',X'',1699996400000,1699996400000,1699996400000,1700082800000,1702505600000,1700003600000,NULL,'192.0.2.1','curl/8');
INSERT INTO "sessions" VALUES('s-rotated','01890000-0000-7000-8000-00000000000a','YW5vdGhlciBvZiAxNiBieQ','bf1283a6f046f37e7f3812c26c8cfa3f71086b1124d6354027042e89cbc447b4','2018b9c05e000a44febc4fab57501c9ad9e3a38d9ba2356c112c07e4f971c1ab',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F',1699999995000,1699827200000,1699999995000,1700086400000,1702419200000,1700003600000,NULL,'2001:db8::2','Firefox');
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
INSERT INTO "users" VALUES('01890000-0000-7000-8000-00000000000a','Anna@example.com','anna@example.com','$argon2id$v=19$m=8192,t=1,p=1$j40/2TLE2kvmWSYMpmvuXA$YX2UjkC3/d+tWtDWPD+i/IF7/NcUrQMz+KygNXdSnt8','["admin","editor"]',1,0,1697408000000,1698272000000);
INSERT INTO "users" VALUES('01890000-0000-7000-8000-00000000000b','ben@example.com','ben@example.com','$2b$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W','[]',0,0,1699996400000,1699996400000);
INSERT INTO "users" VALUES('01890000-0000-7000-8000-00000000000d','dora@example.com','dora@example.com','$argon2id$v=19$m=8192,t=1,p=1$j40/2TLE2kvmWSYMpmvuXA$YX2UjkC3/d+tWtDWPD+i/IF7/NcUrQMz+KygNXdSnt8','[]',1,1,1699222400000,1699222400000);
CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_idle_until ON sessions (idle_until);
CREATE INDEX sessions_ended ON sessions (access_until) WHERE ended_at IS NOT NULL;
CREATE INDEX revocations_by_until ON revocations (until);
COMMIT;
