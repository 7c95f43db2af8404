-- A store as programs of this schema leave it. Never edited once it is released.
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.api_keys (
    id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    hash text NOT NULL,
    scopes text[] NOT NULL,
    requests_per_minute bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    last_used timestamp with time zone,
    CONSTRAINT api_keys_id_check CHECK ((id <> ''::text)),
    CONSTRAINT api_keys_requests_per_minute_check CHECK ((requests_per_minute >= 0))
);
CREATE TABLE public.devices (
    user_id text NOT NULL COLLATE pg_catalog."C",
    mark text NOT NULL COLLATE pg_catalog."C",
    seen_at timestamp with time zone NOT NULL
);
CREATE TABLE public.letters (
    id text NOT NULL COLLATE pg_catalog."C",
    kind smallint NOT NULL,
    recipient text NOT NULL,
    languages bytea NOT NULL,
    token text NOT NULL,
    address text NOT NULL,
    agent bytea NOT NULL,
    posted_at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    blank boolean NOT NULL,
    attempts integer NOT NULL,
    due timestamp with time zone NOT NULL,
    outcome smallint,
    closed_at timestamp with time zone,
    CONSTRAINT letters_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT letters_check CHECK (((outcome IS NULL) = (closed_at IS NULL))),
    CONSTRAINT letters_check1 CHECK (((closed_at IS NULL) OR ((recipient = ''::text) AND (token = ''::text)))),
    CONSTRAINT letters_id_check CHECK ((id <> ''::text)),
    CONSTRAINT letters_kind_check CHECK ((kind >= 0))
);
CREATE TABLE public.links (
    hash text NOT NULL COLLATE pg_catalog."C",
    purpose smallint NOT NULL,
    user_id text COLLATE pg_catalog."C",
    email_key text NOT NULL COLLATE pg_catalog."C",
    password_hash text NOT NULL,
    roles text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    new_email text NOT NULL,
    CONSTRAINT links_hash_check CHECK ((hash <> ''::text)),
    CONSTRAINT links_purpose_check CHECK ((purpose >= 0))
);
CREATE TABLE public.nodes (
    id text NOT NULL COLLATE pg_catalog."C",
    host text NOT NULL,
    version text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    horizon_age bigint,
    CONSTRAINT nodes_horizon_age_check CHECK ((horizon_age >= 0)),
    CONSTRAINT nodes_id_check CHECK ((id <> ''::text))
);
CREATE TABLE public.revocations (
    kind smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT revocations_kind_check CHECK ((kind >= 0))
);
CREATE TABLE public.schema_version (
    version integer NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    oldest_program integer NOT NULL
);
CREATE TABLE public.sessions (
    id text NOT NULL COLLATE pg_catalog."C",
    user_id text NOT NULL COLLATE pg_catalog."C",
    family text NOT NULL COLLATE pg_catalog."C",
    current_hash text NOT NULL,
    previous_hash text NOT NULL,
    successor_salt bytea NOT NULL,
    rotated_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL,
    idle_until timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    access_until timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    remembered boolean NOT NULL,
    address text NOT NULL,
    agent bytea NOT NULL,
    CONSTRAINT sessions_id_check CHECK ((id <> ''::text))
);
CREATE TABLE public.signing_keys (
    algorithm text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    document text NOT NULL,
    CONSTRAINT signing_keys_document_check CHECK ((octet_length(document) <= 65536)),
    CONSTRAINT signing_keys_number_check CHECK ((number > 0))
);
CREATE TABLE public.users (
    id text NOT NULL COLLATE pg_catalog."C",
    email text NOT NULL,
    email_key text NOT NULL COLLATE pg_catalog."C",
    password_hash text NOT NULL,
    roles text[] NOT NULL,
    verified boolean NOT NULL,
    disabled boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    password_changed_at timestamp with time zone NOT NULL,
    CONSTRAINT users_id_check CHECK ((id <> ''::text))
);
INSERT INTO public.api_keys (id, user_id, name, hash, scopes, requests_per_minute, created_at, expires_at, last_used) VALUES ('Bexpired', '01890000-0000-7000-8000-00000000000b', 'of yesterday', '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881', '{}', 0, '2023-11-09 22:13:20+00', '2023-11-13 22:13:20+00', NULL);
INSERT INTO public.api_keys (id, user_id, name, hash, scopes, requests_per_minute, created_at, expires_at, last_used) VALUES ('QWtleSBvZiAxNiBieXRlcw', '01890000-0000-7000-8000-00000000000a', 'nightly backup', '268a9d267e344ae6bbcdb71fe3c66e1636f33f0be6c9f950902c97e5edb4cfd4', '{reports:read}', 60, '2023-11-09 22:13:20+00', '2024-02-12 22:13:20+00', '2023-11-13 22:13:20+00');
INSERT INTO public.devices (user_id, mark, seen_at) VALUES ('01890000-0000-7000-8000-00000000000a', 'mark-of-a-browser', '2023-11-13 22:13:20+00');
INSERT INTO public.devices (user_id, mark, seen_at) VALUES ('01890000-0000-7000-8000-00000000000a', 'mark-of-a-network', '2023-11-13 22:13:20+00');
INSERT INTO public.letters (id, kind, recipient, languages, token, address, agent, posted_at, until, blank, attempts, due, outcome, closed_at) VALUES ('l-sent', 3, '', '\x', '', '', '\x', '2023-11-12 22:13:20+00', '1970-01-01 00:00:00+00', false, 1, '2023-11-12 22:13:20+00', 0, '2023-11-12 22:13:25+00');
INSERT INTO public.letters (id, kind, recipient, languages, token, address, agent, posted_at, until, blank, attempts, due, outcome, closed_at) VALUES ('l-waiting', 0, 'ben@example.com', '\x64652d4348', 'yl1_nNk_Qpe8a6qh3xRICZ-ILHqGDqb5qe4zzsbFErM1Xnq1aaA', '192.0.2.4', '\x6375726c2f38', '2023-11-14 21:13:20+00', '2023-11-15 21:13:20+00', false, 1, '2023-11-14 22:13:19+00', NULL, NULL);
INSERT INTO public.links (hash, purpose, user_id, email_key, password_hash, roles, created_at, expires_at, new_email) VALUES ('1894e0ba91e6862c78dd9fcc14cc513510003bcf17fa55bb6dd8c7c65cdfdac8', 4, '01890000-0000-7000-8000-00000000000a', 'anna2@example.com', '', '{}', '2023-11-14 21:13:20+00', '2023-11-15 22:13:20+00', 'Anna2@example.com');
INSERT INTO public.links (hash, purpose, user_id, email_key, password_hash, roles, created_at, expires_at, new_email) VALUES ('5000b5bd4534d2551d30d25c66919402dd7f65a24830ce5f2c778bf783829f44', 2, NULL, 'eve@example.com', '', '{editor}', '2023-11-14 21:13:20+00', '2023-11-21 22:13:20+00', '');
INSERT INTO public.links (hash, purpose, user_id, email_key, password_hash, roles, created_at, expires_at, new_email) VALUES ('abbb5a15f145b8ca479a3b231f3b9ee37b7323fe787ecb6fbfe1cb2e85a42c68', 0, '01890000-0000-7000-8000-00000000000b', 'ben@example.com', '$2b$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W', '{}', '2023-11-14 21:13:20+00', '2023-11-15 21:13:20+00', '');
INSERT INTO public.nodes (id, host, version, started_at, seen_at, horizon_age) VALUES ('n-1', 'gate-1', '1.0.0', '2023-11-14 20:13:20+00', '2023-11-14 22:13:15+00', 250);
INSERT INTO public.revocations (kind, id, at, until, xid) VALUES (0, 's-ended', '2023-11-14 20:13:20+00', '2023-11-14 23:13:20+00', '727');
INSERT INTO public.revocations (kind, id, at, until, xid) VALUES (0, 's-long-ago', '2023-11-05 22:13:20+00', '2023-11-06 22:13:20+00', '727');
INSERT INTO public.revocations (kind, id, at, until, xid) VALUES (1, '01890000-0000-7000-8000-00000000000d', '2023-11-14 21:13:20+00', '2023-11-14 23:13:20+00', '727');
INSERT INTO public.revocations (kind, id, at, until, xid) VALUES (4, '', '2023-10-15 22:13:20+00', '2023-11-14 23:13:20+00', '727');
INSERT INTO public.schema_version (version, applied_at, oldest_program) VALUES (1, '2023-10-05 22:13:20+00', 1);
INSERT INTO public.sessions (id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at, last_seen, idle_until, expires_at, access_until, ended_at, remembered, address, agent) VALUES ('s-ended', '01890000-0000-7000-8000-00000000000a', 'b25lIHRoYXQgZW5kZWQuLg', 'ffe3760491f928f511a31ca3efa412cf4aaa4bf2d59c479223bdfe3d8e81e5d2', '', '\x', '2023-11-11 22:13:20+00', '2023-11-11 22:13:20+00', '2023-11-11 22:13:20+00', '2023-11-12 22:13:20+00', '2023-12-11 22:13:20+00', '2023-11-14 23:13:20+00', '2023-11-14 20:13:20+00', true, '192.0.2.3', '\x');
INSERT INTO public.sessions (id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at, last_seen, idle_until, expires_at, access_until, ended_at, remembered, address, agent) VALUES ('s-fresh', '01890000-0000-7000-8000-00000000000a', 'YSBmYW1pbHkgb2YgMTYgYg', '543ff9d165f76c8d573e24c602c68de7a41342bb27343da209e3b64a12b16b77', '', '\x', '2023-11-14 21:13:20+00', '2023-11-14 21:13:20+00', '2023-11-14 21:13:20+00', '2023-11-15 21:13:20+00', '2023-12-13 22:13:20+00', '2023-11-14 23:13:20+00', NULL, true, '192.0.2.1', '\x6375726c2f38');
INSERT INTO public.sessions (id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at, last_seen, idle_until, expires_at, access_until, ended_at, remembered, address, agent) VALUES ('s-rotated', '01890000-0000-7000-8000-00000000000a', 'YW5vdGhlciBvZiAxNiBieQ', 'bf1283a6f046f37e7f3812c26c8cfa3f71086b1124d6354027042e89cbc447b4', '2018b9c05e000a44febc4fab57501c9ad9e3a38d9ba2356c112c07e4f971c1ab', '\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f', '2023-11-14 22:13:15+00', '2023-11-12 22:13:20+00', '2023-11-14 22:13:15+00', '2023-11-15 22:13:20+00', '2023-12-12 22:13:20+00', '2023-11-14 23:13:20+00', NULL, false, '2001:db8::2', '\x46697265666f78');
INSERT INTO public.signing_keys (algorithm, number, document) VALUES ('ES256', 3, 'A signing key of Yett. Keep it secret.
made: 1699996400
signs from: 1699996400
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+WwkVABruHD/aiw9
KXvIwwF3w3RKFUIFWjRDWjmxpWehRANCAAQR4rPdBYeEmH6DtITs7tIAa+MoYgx7
tgny72NnPyve1QhUqjnsz3piwGr4HXOSlBswamLQI6iqs42zq8gmHHcv
-----END PRIVATE KEY-----
');
INSERT INTO public.signing_keys (algorithm, number, document) VALUES ('HS256', 1, 'A secret of Yett. Keep it secret.
secret: ywqjlJ-mUQi9PoE6o2lvbZVAkdOYIHOQ5Hr17yTahJc
');
INSERT INTO public.users (id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at) VALUES ('01890000-0000-7000-8000-00000000000a', 'Anna@example.com', 'anna@example.com', '$argon2id$v=19$m=8192,t=1,p=1$j40/2TLE2kvmWSYMpmvuXA$YX2UjkC3/d+tWtDWPD+i/IF7/NcUrQMz+KygNXdSnt8', '{admin,editor}', true, false, '2023-10-15 22:13:20+00', '2023-10-25 22:13:20+00');
INSERT INTO public.users (id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at) VALUES ('01890000-0000-7000-8000-00000000000b', 'ben@example.com', 'ben@example.com', '$2b$10$abcdefghijklmnopqrstuuGGgFFcYeueaAql8Z7U7CnCTRw4DR77W', '{}', false, false, '2023-11-14 21:13:20+00', '2023-11-14 21:13:20+00');
INSERT INTO public.users (id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at) VALUES ('01890000-0000-7000-8000-00000000000d', 'dora@example.com', 'dora@example.com', '$argon2id$v=19$m=8192,t=1,p=1$j40/2TLE2kvmWSYMpmvuXA$YX2UjkC3/d+tWtDWPD+i/IF7/NcUrQMz+KygNXdSnt8', '{}', true, true, '2023-11-05 22:13:20+00', '2023-11-05 22:13:20+00');
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_pkey PRIMARY KEY (user_id, mark);
ALTER TABLE ONLY public.letters
    ADD CONSTRAINT letters_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.nodes
    ADD CONSTRAINT nodes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.revocations
    ADD CONSTRAINT revocations_pkey PRIMARY KEY (kind, id);
ALTER TABLE ONLY public.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_family_key UNIQUE (family);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.signing_keys
    ADD CONSTRAINT signing_keys_pkey PRIMARY KEY (algorithm, number);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key_key UNIQUE (email_key);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
CREATE INDEX api_keys_by_user ON public.api_keys USING btree (user_id);
CREATE INDEX letters_by_due ON public.letters USING btree (due, id) WHERE (closed_at IS NULL);
CREATE INDEX letters_closed ON public.letters USING btree (closed_at) WHERE (closed_at IS NOT NULL);
CREATE INDEX letters_waiting ON public.letters USING btree (recipient, kind) WHERE ((closed_at IS NULL) AND (NOT blank));
CREATE INDEX links_by_expires_at ON public.links USING btree (expires_at);
CREATE INDEX links_by_user ON public.links USING btree (user_id, purpose, created_at, expires_at) INCLUDE (password_hash);
CREATE INDEX revocations_by_until ON public.revocations USING btree (until);
CREATE INDEX revocations_by_xid ON public.revocations USING btree (xid);
CREATE INDEX sessions_by_idle_until ON public.sessions USING btree (idle_until);
CREATE INDEX sessions_by_user ON public.sessions USING btree (user_id);
CREATE INDEX sessions_ended ON public.sessions USING btree (access_until) WHERE (ended_at IS NOT NULL);
CREATE INDEX sessions_open ON public.sessions USING btree (user_id, last_seen, id, idle_until, expires_at) WHERE (ended_at IS NULL);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.links
    ADD CONSTRAINT links_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
