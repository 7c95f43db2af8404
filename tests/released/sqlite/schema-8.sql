-- A store as programs of this schema leave it. Never edited.
BEGIN TRANSACTION;
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
INSERT INTO "api_keys" VALUES('Bexpired','01890000-0000-7000-8000-00000000000b','of yesterday','2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881','[]',0,1699568000000,1699913600000,NULL);
INSERT INTO "api_keys" VALUES('QWtleSBvZiAxNiBieXRlcw','01890000-0000-7000-8000-00000000000a','nightly backup','268a9d267e344ae6bbcdb71fe3c66e1636f33f0be6c9f950902c97e5edb4cfd4','["reports:read"]',60,1699568000000,1707776000000,1699913600000);
CREATE TABLE devices (
    user_id TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    mark    TEXT    NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, mark)
) STRICT, WITHOUT ROWID;
INSERT INTO "devices" VALUES('01890000-0000-7000-8000-00000000000a','mark-of-a-browser',1699913600000);
INSERT INTO "devices" VALUES('01890000-0000-7000-8000-00000000000a','mark-of-a-network',1699913600000);
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
INSERT INTO "letters" VALUES('l-sent',3,'','','','','',1699827200000,0,0,1,1699827200000,0,1699827205000);
INSERT INTO "letters" VALUES('l-waiting',0,'ben@example.com','de-CH','yl1_nNk_Qpe8a6qh3xRICZ-ILHqGDqb5qe4zzsbFErM1Xnq1aaA','192.0.2.4','curl/8',1699996400000,1700082800000,0,1,1699999999000,NULL,NULL);
CREATE TABLE links (
    hash          TEXT    NOT NULL PRIMARY KEY,    -- of the token
    purpose       INTEGER NOT NULL,                -- 0 verify the address, 1 reset the password, 2 invitation
    user_id       TEXT    REFERENCES users (id) ON DELETE CASCADE,
    email_key     TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    roles         TEXT    NOT NULL,                -- a JSON array of strings
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL
, new_email TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;
INSERT INTO "links" VALUES('1894e0ba91e6862c78dd9fcc14cc513510003bcf17fa55bb6dd8c7c65cdfdac8',4,'01890000-0000-7000-8000-00000000000a','anna2@example.com','','[]',1699996400000,1700086400000,'Anna2@example.com');
INSERT INTO "links" VALUES('5000b5bd4534d2551d30d25c66919402dd7f65a24830ce5f2c778bf783829f44',2,NULL,'eve@example.com','','["editor"]',1699996400000,1700604800000,'');
INSERT INTO "links" VALUES('abbb5a15f145b8ca479a3b231f3b9ee37b7323fe787ecb6fbfe1cb2e85a42c68',0,'01890000-0000-7000-8000-00000000000b','ben@example.com','$2b$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W','[]',1699996400000,1700082800000,'');
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
INSERT INTO "revocations" VALUES(4,'',1697408000000,1700003600000);
CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY, applied_at INTEGER NOT NULL, oldest_program INTEGER) STRICT;
INSERT INTO "schema_version" VALUES(1,1696544000000,NULL);
INSERT INTO "schema_version" VALUES(2,1696544000000,NULL);
INSERT INTO "schema_version" VALUES(3,1696544000000,NULL);
INSERT INTO "schema_version" VALUES(4,1696544000000,NULL);
INSERT INTO "schema_version" VALUES(5,1696544000000,NULL);
INSERT INTO "schema_version" VALUES(6,1696544000000,NULL);
INSERT INTO "schema_version" VALUES(7,1696544000000,NULL);
INSERT INTO "schema_version" VALUES(8,1696544000000,8);
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
, remembered INTEGER NOT NULL DEFAULT 1) STRICT, WITHOUT ROWID;
INSERT INTO "sessions" VALUES('s-ended','01890000-0000-7000-8000-00000000000a','b25lIHRoYXQgZW5kZWQuLg','ffe3760491f928f511a31ca3efa412cf4aaa4bf2d59c479223bdfe3d8e81e5d2','',X'',1699740800000,1699740800000,1699740800000,1699827200000,1702332800000,1700003600000,1699992800000,'192.0.2.3','',1);
INSERT INTO "sessions" VALUES('s-fresh','01890000-0000-7000-8000-00000000000a','YSBmYW1pbHkgb2YgMTYgYg','543ff9d165f76c8d573e24c602c68de7a41342bb27343da209e3b64a12b16b77','',X'',1699996400000,1699996400000,1699996400000,1700082800000,1702505600000,1700003600000,NULL,'192.0.2.1','curl/8',1);
INSERT INTO "sessions" VALUES('s-rotated','01890000-0000-7000-8000-00000000000a','YW5vdGhlciBvZiAxNiBieQ','bf1283a6f046f37e7f3812c26c8cfa3f71086b1124d6354027042e89cbc447b4','2018b9c05e000a44febc4fab57501c9ad9e3a38d9ba2356c112c07e4f971c1ab',X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F',1699999995000,1699827200000,1699999995000,1700086400000,1702419200000,1700003600000,NULL,'2001:db8::2','Firefox',0);
CREATE TABLE signing_keys (
    algorithm TEXT    NOT NULL,
    number    INTEGER NOT NULL,
    document  TEXT    NOT NULL,                    -- sealed when tokens.keys.secret was set
    PRIMARY KEY (algorithm, number)
) STRICT, WITHOUT ROWID;
INSERT INTO "signing_keys" VALUES('ES256',3,'A signing key of Yett. Keep it secret.
made: 1699996400
signs from: 1699996400
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+WwkVABruHD/aiw9
KXvIwwF3w3RKFUIFWjRDWjmxpWehRANCAAQR4rPdBYeEmH6DtITs7tIAa+MoYgx7
tgny72NnPyve1QhUqjnsz3piwGr4HXOSlBswamLQI6iqs42zq8gmHHcv
-----END PRIVATE KEY-----
');
INSERT INTO "signing_keys" VALUES('HS256',1,'A secret of Yett. Keep it secret.
secret: ywqjlJ-mUQi9PoE6o2lvbZVAkdOYIHOQ5Hr17yTahJc
');
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
CREATE INDEX letters_by_due ON letters (due) WHERE closed_at IS NULL;
CREATE INDEX letters_closed ON letters (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX links_by_expires_at ON links (expires_at);
CREATE INDEX api_keys_by_user ON api_keys (user_id);
CREATE INDEX links_by_user ON links (user_id, purpose, created_at, expires_at, password_hash);
CREATE INDEX sessions_open ON sessions (user_id, last_seen, id, idle_until, expires_at) WHERE ended_at IS NULL;
CREATE INDEX letters_waiting ON letters (recipient, kind) WHERE closed_at IS NULL AND blank = 0;
COMMIT;
