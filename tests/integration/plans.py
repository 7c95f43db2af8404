"""What the program says to PostgreSQL, on a store with many rows, and what PostgreSQL makes of it."""

import json
import re

TABLES = ("users", "sessions", "api_keys", "links", "devices", "letters", "revocations")

# A store as it is after years: so many users with a session, a device, a link and a letter each, and
# every tenth with an API key.
FILL = """
INSERT INTO users SELECT 'u' || n, 'u' || n || '@example.com', 'u' || n || '@example.com', 'no hash', '{{}}', true, false, now(), now()
    FROM generate_series(1, {users}) n;
INSERT INTO sessions SELECT 's' || n, 'u' || n, 'f' || n, 'h', 'p', '', now(), now(), now() - n * interval '1 second', now() + interval '1 day',
    now() + interval '30 days', now() + interval '1 hour', CASE WHEN n % 3 = 0 THEN now() END, true, '', ''
    FROM generate_series(1, {users}) n;
INSERT INTO devices SELECT 'u' || n, 'm', now() FROM generate_series(1, {users}) n;
INSERT INTO links SELECT 'l' || n, n % 5, 'u' || n, 'e', 'no hash', '{{}}', now(), now() + n * interval '1 second', '' FROM generate_series(1, {users}) n;
INSERT INTO letters SELECT 'l' || n, n % 5, CASE WHEN n % 50 = 0 THEN 'u' || n || '@example.com' ELSE '' END, '', '', '', '', now(), now() + interval '2 days',
    false, 1, now() + interval '1 day',
    CASE WHEN n % 50 = 0 THEN NULL ELSE 0 END, CASE WHEN n % 50 = 0 THEN NULL ELSE now() END FROM generate_series(1, {users}) n;
INSERT INTO api_keys SELECT 'k' || n, 'u' || n, 'n', 'h', '{{}}', 0, now(), NULL, NULL FROM generate_series(1, {users}, 10) n;
INSERT INTO revocations (kind, id, at, until) SELECT 0, 's' || n, now(), now() + n * interval '1 second' FROM generate_series(1, {users}, 3) n;
"""


def fill(postgres, database, users):
    for statement in FILL.format(users=users).split(";\n"):
        if statement.strip():
            postgres.ask(database, statement)
    postgres.ask(database, "VACUUM ANALYZE")


def forget_what_was_said(postgres, database):
    postgres.ask(database, "CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    postgres.ask(database, "SELECT pg_stat_statements_reset()")


def what_was_said(postgres, database):
    """Every statement on the store's tables so far."""
    rows = postgres.ask(database, "SELECT json_agg(DISTINCT query) FROM pg_stat_statements"
                                  " WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())")
    said = [" ".join(query.split()) for query in json.loads(rows)]
    verbs = re.compile(r"(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH) ")
    ours = re.compile(r"\b(" + "|".join(TABLES) + r")\b")
    return sorted(query for query in said if verbs.match(query) and ours.search(query) and "generate_series" not in query)


def explain(postgres, database, query, values=None, options="FORMAT JSON"):
    """The plan of a statement whose values nobody knows, or of one with these."""
    count = max([int(n) for n in re.findall(r"\$(\d+)", query)], default=0)
    types = ", ".join("text[]" if f"unnest(${n})" in query else "unknown" for n in range(1, count + 1))
    prepared = f"PREPARE asked{f' ({types})' if count else ''} AS {query}"
    given = ", ".join([*(values or []), *["NULL"] * count][:count])             # a constant is heard as one more value
    mode = "force_generic_plan" if values is None else "force_custom_plan"
    run = f"EXPLAIN ({options}) EXECUTE asked" + (f"({given})" if count else "")
    told = postgres.ask(database, f"SET plan_cache_mode = {mode}; {prepared}; {run}")
    return json.loads(told)[0]["Plan"]


def nodes(plan):
    yield plan
    for each in plan.get("Plans", []):
        yield from nodes(each)


def reads_everything(plan):
    """The tables that a plan goes through from end to end, row by row or by way of an index."""
    found = set()
    for node in nodes(plan):
        table = node.get("Relation Name")
        if node["Node Type"] == "Seq Scan" or (node["Node Type"].startswith("Index") and "Index Cond" not in node):
            found.add(table)
    return found & set(TABLES)


def buffers(plan):
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
