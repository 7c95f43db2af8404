#!/bin/bash
# Finds co_await expressions that g++ 12 miscompiles; see coroutines.query.
#
#   check_coroutines.sh BUILD JOBS [file...]    BUILD holds compile_commands.json
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(realpath "$1")
jobs=$2
shift 2
cd "$root"

if [ $# = 0 ]; then
    mapfile -t files < <(grep -lE 'co_await|co_return' -r gateway policies config tests --include='*.cpp')
else
    files=("$@")
fi
# Headers with coroutines of their own are seen through the sources that include them.
found=$(printf '%s\n' "${files[@]}" |
    xargs -P "$jobs" -n 4 clang-query-19 -p "$build" -f "$here/coroutines.query" 2>"$build/coroutines.err" |
    grep -E 'binds here$' | sort -u) || true
if [ -n "$found" ]; then
    printf '%s\n' "$found" "give the lambda or aggregate a name on a line of its own, before the co_await"
    exit 1
fi
if grep -q 'error:' "$build/coroutines.err"; then
    grep 'error:' "$build/coroutines.err" | head -20
    exit 1
fi
echo "${#files[@]} files with coroutines are clean"
