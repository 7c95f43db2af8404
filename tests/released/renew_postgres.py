#!/usr/bin/python3
"""Makes the dump of the newest schema in PostgreSQL anew, from the rows of the one that is kept.

    renew_postgres.py YETT

Until that schema is released, whoever changes it runs this; columns that are new take their default, and get rows of their own by hand.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))

from postgres_server import PASSWORD, PROGRAMS, PostgresServer  # noqa: E402


def dump(server, database, *how):
    done = subprocess.run([PROGRAMS / "pg_dump", "-h", server.folder, "-U", "yett", "--no-owner", "--column-inserts", *how, database],
                          check=True, capture_output=True, text=True, env={**os.environ, "PGPASSWORD": PASSWORD})
    lines = done.stdout.splitlines(keepends=True)
    return "".join(line for line in lines if line not in ("--\n", "\n") and not line.startswith(("-- ", "\\")))


def made_by(program, server):
    database = server.make_database()
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "yett.yaml"
        file.write_text(f"""version: 1
listeners: [{{ address: 127.0.0.1:0 }}]
upstreams: {{ app: {{ servers: ["http://127.0.0.1:9"] }} }}
routes: [{{ name: all, match: {{ path: "/**" }}, access: public, upstream: app }}]
tokens: {{ issuer: "https://auth.test", audience: [api], algorithm: ES256 }}
mail: {{ public_url: "https://auth.test" }}
storage: {{ url: "{server.url(database)}" }}
""")
        subprocess.run([program, "migrate", "up", file], check=True, capture_output=True)
    return database


def main():
    server = PostgresServer()
    try:
        newest = made_by(sys.argv[1], server)
        schema = int(server.ask(newest, "SELECT max(version) FROM schema_version"))
        kept = HERE / "postgres" / f"schema-{schema}.sql"
        before = server.make_database()
        server.ask(before, kept.read_text())
        server.ask(newest, dump(server, before, "--data-only", "--exclude-table=schema_version"))
        server.ask(newest, "UPDATE schema_version SET applied_at = '2023-10-05 22:13:20+00'")
        kept.write_text("-- A store as programs of this schema leave it. Never edited once it is released.\n" + dump(server, newest))
    finally:
        server.stop()


main()
