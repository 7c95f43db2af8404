-- schema 8
DELETE FROM api_keys WHERE user_id = ?1 AND id = ?2 RETURNING id
DELETE FROM api_keys WHERE user_id = ?1 RETURNING id
DELETE FROM devices WHERE user_id = ?1 AND mark IN (SELECT mark FROM devices WHERE user_id = ?1 ORDER BY seen_at DESC LIMIT -1 OFFSET 64)
DELETE FROM letters WHERE id IN (SELECT id FROM letters WHERE closed_at < ?1 LIMIT ?2) RETURNING 1
DELETE FROM links WHERE hash = ?1
DELETE FROM links WHERE hash IN (SELECT hash FROM links WHERE expires_at < ?1 LIMIT ?2) RETURNING 1
DELETE FROM links WHERE hash IN (SELECT hash FROM links WHERE user_id = ?1 AND purpose = ?2 ORDER BY created_at DESC LIMIT -1 OFFSET ?3)
DELETE FROM links WHERE user_id = ?1 AND (purpose != ?2 OR created_at >= ?3)
DELETE FROM revocations WHERE (kind, id) IN (SELECT kind, id FROM revocations WHERE until <= ?1 LIMIT ?2) RETURNING 1
DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE access_until <= ?1 AND (ended_at IS NOT NULL OR idle_until <= ?1) LIMIT ?2) RETURNING 1
DELETE FROM signing_keys WHERE algorithm = ?1 AND number = ?2
DELETE FROM users WHERE email_key = ?1 AND id != ?2 AND verified = 0
DELETE FROM users WHERE id = ?1 RETURNING id
INSERT INTO api_keys (id, user_id, name, hash, scopes, requests_per_minute, created_at, expires_at, last_used) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
INSERT INTO devices (user_id, mark, seen_at) VALUES (?1, ?2, ?3)
INSERT INTO letters (id, kind, recipient, languages, token, address, agent, posted_at, until, blank, attempts, due) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?8 WHERE ?11 > (SELECT count(*) FROM (SELECT 1 FROM letters WHERE recipient = ?3 AND kind = ?2 AND closed_at IS NULL AND blank = 0 LIMIT ?11)) ON CONFLICT (id) DO NOTHING
INSERT INTO links (hash, purpose, user_id, email_key, password_hash, roles, created_at, expires_at, new_email) VALUES (?1, ?2, nullif(?3, ''), ?4, ?5, ?6, ?7, ?8, ?9)
INSERT INTO revocations (kind, id, at, until) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (kind, id) DO UPDATE SET at = max(at, excluded.at), until = max(until, excluded.until)
INSERT INTO sessions (id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at, last_seen, idle_until, expires_at, access_until, ended_at, address, agent, remembered) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
INSERT INTO signing_keys (algorithm, number, document) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING RETURNING 1
INSERT INTO users (id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
SELECT 1 FROM letters WHERE id = ?1
SELECT EXISTS (SELECT 1 FROM users WHERE id = ?7), (SELECT min(at) FROM (SELECT at FROM revocations WHERE kind = 5 AND id = ?1 UNION ALL SELECT at FROM revocations WHERE kind = 5 AND id IN (?2, '*') AND at > ?6 UNION ALL SELECT at FROM revocations WHERE kind = 5 AND id > ?3 AND id < ?4 AND id <> ?5 AND at > ?6))
SELECT count(*) FROM api_keys WHERE user_id = ?1
SELECT count(*) FROM devices WHERE user_id = ?1
SELECT count(*), count(*) FILTER (WHERE disabled), count(*) FILTER (WHERE NOT verified) FROM users
SELECT hash, purpose, coalesce(user_id, ''), email_key, password_hash, roles, created_at, expires_at, new_email FROM links WHERE hash = ?1
SELECT id, at, until FROM revocations WHERE kind = 5 AND id > ?1 AND at > ?2 ORDER BY id LIMIT ?3
SELECT id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at FROM users WHERE email_key = ?1
SELECT id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at FROM users WHERE id = ?1
SELECT id, email, email_key, password_hash, roles, verified, disabled, created_at, password_changed_at FROM users WHERE id > ?1 ORDER BY id LIMIT ?2
SELECT id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at, last_seen, idle_until, expires_at, access_until, ended_at, address, agent, remembered FROM sessions WHERE family = ?1
SELECT id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at, last_seen, idle_until, expires_at, access_until, ended_at, address, agent, remembered FROM sessions WHERE id = ?1
SELECT id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at, last_seen, idle_until, expires_at, access_until, ended_at, address, agent, remembered FROM sessions WHERE id > ?1 AND ended_at IS NULL AND idle_until > ?2 AND expires_at > ?2 ORDER BY id LIMIT ?3
SELECT id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at, last_seen, idle_until, expires_at, access_until, ended_at, address, agent, remembered FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = ?1 AND ended_at IS NULL AND idle_until > ?2 AND expires_at > ?2 ORDER BY last_seen DESC, id DESC LIMIT -1 OFFSET ?3) ORDER BY last_seen, id
SELECT id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at, last_seen, idle_until, expires_at, access_until, ended_at, address, agent, remembered FROM sessions WHERE user_id = ?1 AND ended_at IS NULL AND idle_until > ?2 AND expires_at > ?2 AND (?3 = '' OR id < ?3) ORDER BY id DESC LIMIT ?4
SELECT id, user_id, family, current_hash, previous_hash, successor_salt, rotated_at, created_at, last_seen, idle_until, expires_at, access_until, ended_at, address, agent, remembered FROM sessions WHERE user_id = ?1 AND ended_at IS NULL ORDER BY id DESC
SELECT id, user_id, name, hash, scopes, requests_per_minute, created_at, expires_at, last_used FROM api_keys WHERE id = ?1
SELECT id, user_id, name, hash, scopes, requests_per_minute, created_at, expires_at, last_used FROM api_keys WHERE id > ?1 ORDER BY id LIMIT ?2
SELECT id, user_id, name, hash, scopes, requests_per_minute, created_at, expires_at, last_used FROM api_keys WHERE user_id = ?1 ORDER BY created_at DESC, id
SELECT kind, count(*), min(posted_at) FROM letters WHERE closed_at IS NULL AND NOT blank AND kind < ?1 GROUP BY kind
SELECT kind, id, at, until FROM revocations WHERE (kind, id) > (?1, ?2) AND kind < 5 AND until > ?3 ORDER BY kind, id LIMIT ?4
SELECT kind, id, at, until FROM revocations WHERE (kind, id) > (?1, ?2) AND until > ?3 ORDER BY kind, id LIMIT ?4
SELECT number, document FROM signing_keys WHERE algorithm = ?1 ORDER BY number
SELECT password_hash FROM links WHERE user_id = ?1 AND purpose = ?2 AND expires_at > ?3 ORDER BY created_at DESC LIMIT 1
UPDATE api_keys SET last_used = max(coalesce(last_used, ?2), ?2) WHERE id = ?1
UPDATE devices SET seen_at = ?3 WHERE user_id = ?1 AND mark = ?2 RETURNING 1
UPDATE letters SET attempts = attempts + 1, due = ?2 WHERE id = (SELECT id FROM letters WHERE closed_at IS NULL AND due <= ?1 AND kind < ?3 ORDER BY due, id LIMIT 1) RETURNING id, kind, recipient, languages, token, address, agent, posted_at, until, blank, attempts
UPDATE letters SET due = ?3 WHERE id = ?1 AND attempts = ?2 AND closed_at IS NULL RETURNING 1
UPDATE letters SET recipient = '', languages = '', token = '', address = '', agent = '', outcome = 1, closed_at = posted_at WHERE closed_at IS NULL AND blank = 0 AND recipient = (SELECT email FROM users WHERE id = ?1 AND email != '')
UPDATE letters SET recipient = '', languages = '', token = '', address = '', agent = '', outcome = ?2, closed_at = ?3 WHERE id = ?1 AND closed_at IS NULL
UPDATE sessions SET current_hash = ?2, previous_hash = ?3, successor_salt = ?4, rotated_at = ?5, last_seen = ?6, idle_until = ?7, access_until = ?8, ended_at = ?9, address = ?10, agent = ?11 WHERE id = ?1
UPDATE users SET email = ?2, email_key = ?3 WHERE id = ?1
UPDATE users SET password_hash = ?2, password_changed_at = ?3 WHERE id = ?1
UPDATE users SET verified = ?2, disabled = ?3, roles = ?4 WHERE id = ?1
UPDATE users SET verified = verified OR ?2, password_hash = ?3, password_changed_at = ?4 WHERE id = ?1
