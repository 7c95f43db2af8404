#!/bin/bash
# with_postgresql.sh COMMAND [WORD...]: runs COMMAND with one word more, the URL of an empty database on a PostgreSQL
# of its own. That lies in a temporary folder, listens on a Unix socket alone, and goes with the command.
set -euo pipefail

programs=/usr/lib/postgresql/15/bin
folder=$(mktemp -d "${TMPDIR:-/tmp}/yett-postgresql-XXXXXX")
chmod 711 "$folder"
server= command=

# SIGINT is PostgreSQL's fast shutdown.
clean_up() {
    if [ -n "$server" ] && kill -INT "$server" 2>/dev/null; then wait "$server" || true; fi
    rm -rf "$folder"
}
trap clean_up EXIT
# Ctrl-C reaches the command by itself; its end is this script's.
trap : INT
trap '[ -z "$command" ] || kill -TERM "$command" 2>/dev/null || true' TERM HUP

# The server refuses to run as root.
as_whom=()
if [ "$(id -u)" = 0 ]; then
    chown nobody "$folder"
    as_whom=(setpriv --reuid nobody --regid nogroup --clear-groups)
fi

cd "$folder"
if ! "${as_whom[@]}" $programs/initdb -D data -U yett -A trust -E UTF8 --locale=C.UTF-8 --no-sync >log 2>&1; then
    cat log >&2
    exit 1
fi
# In a session of its own, or Ctrl-C would take it away from under the command.
setsid "${as_whom[@]}" $programs/postgres -D data -k "$folder" -h '' >log 2>&1 &
server=$!
until $programs/pg_isready -q -h "$folder"; do
    if ! kill -0 $server 2>/dev/null; then
        cat log >&2
        exit 1
    fi
    sleep 0.05
done
$programs/createdb -h "$folder" -U yett yett
cd "$OLDPWD"

"$@" "postgresql://yett@/yett?host=$folder" &
command=$!
status=0
# A signal ends a wait, and not the command.
while kill -0 $command 2>/dev/null; do wait $command && status=0 || status=$?; done
exit $status
