"""What look-ups cost in a store with a million users.

    store.py [--users N]

Starts a PostgreSQL of its own, lets the program make its tables and say what it says, fills them (each user has a session, a
device, a link and a letter), and asks for one row as the program does, by EXPLAIN (ANALYZE, BUFFERS). It fails when one of
the look-ups needs more than eight buffers. A million users take a few minutes and 2 GB below TMPDIR.
"""

import argparse
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/integration"))
import harness  # noqa: E402
import plans  # noqa: E402
from postgres_server import PostgresServer  # noqa: E402

MOST_BUFFERS = 8
ROUNDS = 20

# What stands in a statement, and by which column of which table the row is asked for.
LOOK_UPS = [
    ("user by id", "users", "id", r"FROM users WHERE id = \$1( FOR UPDATE)?$"),
    ("user by address", "users", "email_key", r"FROM users WHERE email_key = \$1$"),
    ("session by id", "sessions", "id", r"FROM sessions WHERE id = \$1( FOR UPDATE)?$"),
    ("session by family", "sessions", "family", r"FROM sessions WHERE family = \$1( FOR UPDATE)?"),
    ("API key by id", "api_keys", "id", r"FROM api_keys.* WHERE (\w+\.)?id = \$1$"),
    ("link by hash", "links", "hash", r"FROM links WHERE hash = \$1( FOR UPDATE)?$"),
]


def said_by_a_program(postgres, database, folder):
    """Its statements, as it says them to a store in which there is nothing yet."""
    echo = harness.Echo()
    gateway = harness.Gateway(folder, harness.settings(echo.port, storage={"url": postgres.url(database)}, mail={"url": "file:outbox"}))
    try:
        plans.forget_what_was_said(postgres, database)
        live(gateway)
        return plans.what_was_said(postgres, database)
    finally:
        gateway.stop()
        echo.stop()


def live(gateway):
    grant = gateway.user()
    gateway.call("POST", "/auth/refresh", json={"refresh_token": grant["refresh_token"]})
    gateway.call("GET", "/auth/me", grant["access_token"])
    gateway.call("GET", "/auth/reset/yl1_nNk_Qpe8a6qh3xRICZ-ILHqGDqb5qe4zzsbFErM1Xnq1aaA")
    gateway.call("POST", "/auth/reset-request", json={"email": "ada@example.com"})
    subprocess.run([harness.BINARY, "sessions", "end", "no-such-session", "--config", gateway.config_file], cwd=gateway.folder, capture_output=True, timeout=60)
    gateway.call("GET", "/hello", "yk1_QWtleSBvZiAxNiBieXRlc4e41qDwDX19j0OZsbaB_rQAQuO263_ZfLcKrzcwHJKQLvyp")
    gateway.call("POST", "/auth/logout", grant["access_token"], json={"refresh_token": grant["refresh_token"]})


def measure(postgres, database, query, value):
    """The look-up that needed the most buffers, how many, and the middle of the times."""
    told = [plans.explain(postgres, database, query, [value], "ANALYZE, BUFFERS, FORMAT JSON") for _ in range(ROUNDS)]
    most = max(told, key=plans.buffers)
    return most, plans.buffers(most), statistics.median(each["Actual Total Time"] for each in told)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--users", type=int, default=1_000_000)
    users = arguments.parse_args().users
    postgres = PostgresServer("shared_preload_libraries=pg_stat_statements", "max_wal_size=4GB", "fsync=off")
    try:
        return run(postgres, postgres.make_database(), users)
    finally:
        postgres.stop()


def run(postgres, database, users):
    with tempfile.TemporaryDirectory() as folder:
        said = said_by_a_program(postgres, database, pathlib.Path(folder))
    began = time.monotonic()
    plans.fill(postgres, database, users)
    size = int(postgres.ask(database, "SELECT pg_database_size(current_database())")) >> 20
    print(f"{users} users, {size} MiB, filled in {time.monotonic() - began:.0f} s")
    print(f"{'LOOK-UP':20} {'BUFFERS':>7} {'MS':>7}  PLAN")
    failed = False
    for name, table, column, pattern in LOOK_UPS:
        found = [query for query in said if re.search(pattern, query)]
        if not found:
            print(f"{name:20} the program never asked for one")
            failed = True
        value = "'" + postgres.ask(database, f"SELECT {column} FROM {table} ORDER BY md5({column}) LIMIT 1") + "'"
        for query in found:
            plan, count, middle = measure(postgres, database, query, value)
            shape = " < ".join(node["Node Type"] for node in plans.nodes(plan))
            print(f"{name:20} {count:7} {middle:7.3f}  {shape}")
            failed |= count > MOST_BUFFERS or bool(plans.reads_everything(plan)) or plan["Actual Rows"] != 1
    print("FAILED" if failed else f"none needs more than {MOST_BUFFERS} buffers")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
