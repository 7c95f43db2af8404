#!/usr/bin/python3
"""The large size of a proof.

A property is tried a little in every run of the tests, and as often as an afternoon allows by

    ./dev prove NAME [--seed N]

which leaves what came of it in docs/proofs/NAME.md: the commit, the seed, figures and how long
it took. A proof is a row of PROOFS and a command; the command reads two variables and writes
to two others, or its figures are read from what it prints:

    YETT_PROOF_SEED      where its chance begins; the same seed tries the same things
    YETT_PROOF_ROUNDS    how much to try
    YETT_PROOF_FIGURES   a file for lines `name: value`, the figures to keep
    YETT_PROOF_TABLE     a file for what is to stand below them, in Markdown

YETT_BIN names another program to prove than the release build, which is then not built; the page says so.

Exit status 0 means that the property held, 75 that the circumstances were not such that anything was proved. What did not
hold, or is void, is written down as well, and `prove` fails.
"""

import argparse
import dataclasses
import datetime
import os
import pathlib
import re
import secrets
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = {0: "held", 75: "**void**"}
BROKEN = "**did not hold**"


@dataclasses.dataclass
class Proof:
    shows: str          # the property, as one sentence
    command: list       # what is run in the root of the repository; {seed} and {rounds} are filled in
    rounds: int         # the large size
    presets: dict = dataclasses.field(default_factory=dict)   # what has to be built: preset to targets
    prints: str = ""    # a pattern of printed lines that are figures: (name) and (value)


PROOFS = {
    "readings": Proof(
        "Whatever path is forwarded, no server of any kind that reads it finds another rule than the one that let it pass:"
        " random spellings, random rule sets, random decoders.",
        ["build/release/test_pipeline", "--test-case=one rule: no server of any kind*"], 20_000, {"release": ["test_pipeline"]}),
    "fuzz": Proof(
        "No input makes a parser crash, hang, read beyond its bytes or break what it promises: every fuzz target,"
        " under the address and undefined-behaviour sanitizers, for so many seconds each.",
        ["./dev", "fuzz"], 600),
    "slow": Proof(
        "While slow clients hold the gateway in slowhttptest's four modes, everybody else is served: every request is"
        " answered, and the 99th percentile is at most 1.5 times that before (median of so many runs).",
        ["./dev", "bench", "slow", "--runs", "{rounds}"], 5, prints=r"^(\S.*?) +median (.+)$"),
    "fleet": Proof(
        "Three nodes on one PostgreSQL keep what docs/security.md promises under so many faults and steady load: kills, pauses of"
        " 10 s, cut, half-open and deaf connections, restarts of nodes and of the database, clocks an hour off, no room for temporary"
        " files. No user, session, revocation or letter that was acknowledged is lost, no token is accepted beyond the bound after its"
        " logout, no session has two live branches, no letter leaves twice without the documented cause, nothing fails beyond the recovery.",
        [sys.executable, "tests/fleet/prove_fleet.py"], 500, {"release": ["yett"]}),
    "redis-faults": Proof(
        "Three nodes with a Redis beside their PostgreSQL keep all of that under so many faults of nodes and stores: Redis killed, stopped,"
        " emptied, set back to an older state, full, deaf to the password, cut off from a node or gone; failovers; its sentinels gone; both"
        " stores gone. No request fails because of Redis, nothing acknowledged is lost, no token is accepted beyond the bound after its"
        " logout, and the node that lives through all of it holds no more in the end.",
        [sys.executable, "tests/fleet/prove_fleet.py", "redis"], 500, {"release": ["yett"]}),
    "refresh-races": Proof(
        "Twenty clients on each of three nodes that show one refresh token at the same moment all get one successor, and no two live"
        " branches are left: so many rounds.",
        [sys.executable, "tests/fleet/refresh_races.py"], 1_000, {"release": ["yett"]}),
    "shared-limits": Proof(
        "A window of 100 a minute over three nodes under attack, while Redis is killed or stopped for a minute and a half: never more than"
        " 100 accepted in any minute while it lives, than the nodes' shares in a minute wholly without it, than both in the minute in which"
        " it goes or returns; no request fails. What a killed node had lent comes back by itself. So many outages.",
        [sys.executable, "tests/fleet/shared_limits.py"], 2, {"release": ["yett"]}),
    "logout-latency": Proof(
        "A logout on one node is a refusal on the other two, from the last byte of its 204, within 30 ms at the median and 150 ms at"
        " the 99th percentile, while each node serves 100 other requests a second: so many logouts.",
        [sys.executable, "tests/fleet/logout_latency.py"], 1_000, {"release": ["yett"]}),
    "http2-conformance": Proof(
        "Every row of our table of RFC 9113 and RFC 7541 is met, plain and with TLS, so many times; the same table at nginx and nghttpx, and a row"
        " that both see otherwise names the words it rests on.",
        [sys.executable, "tests/http2/prove_conformance.py"], 3, {"release": ["yett"]}),
    "http2-floods": Proof(
        "Ten floods over HTTP/2 (rapid reset, MadeYouReset, CONTINUATION, SETTINGS, PING, empty frames, header bombs, shut windows, PRIORITY, slow"
        " readers) of so many attackers each: the program grows by at most 8 MiB a connection and 64 MiB in all, and everybody else is answered.",
        [sys.executable, "tests/http2/prove_floods.py"], 100, {"release": ["yett"]}),
    "http2-bodies": Proof(
        "A body of so many MiB passes over HTTP/2, up and down, and the program's resident memory grows by less than 4 MiB.",
        [sys.executable, "tests/http2/prove_bodies.py"], 1024, {"release": ["yett"]}),
    "grpc": Proof(
        "So many calls of real gRPC clients, unary and streams both ways, cancelled ones and ones with a deadline among them, are answered as the"
        " application answers them, and no limit against attackers closes a connection.",
        [sys.executable, "tests/http2/prove_grpc.py"], 10_000, {"release": ["yett"]}),
    "image": Proof(
        "The tested program in a container image, run by `buildah run` as 65532 on a root that is read-only, is well by the image's own"
        " health check, serves, and ends at the image's signal.",
        ["./dev", "image"], 1, prints=r"^  (\w[\w ]*): (.+)$"),
    "package": Proof(
        "A fresh Debian 12, the least that debootstrap makes, installs the package, is configured as README.Debian says, and serves; what"
        " was edited survives the package, and accounts its removal.",
        ["sh", "-c", "./dev package && exec tests/deploy/prove_package.py build/package/yett_*.deb"], 1),
    "servers": Proof(
        "Three servers of one application, under 300 requests a second of GET and POST in an open loop; two of them are killed, paused, slow,"
        " answer 500, refuse connections, or reset them behind the head of their reply, one way after the other by lot. No GET fails, no POST"
        " reaches two servers, whoever is well again is given requests within healthy_after + 1 intervals, by and by. So many faults.",
        [sys.executable, "tests/servers/prove_servers.py"], 24, {"release": ["yett"]}),
    "token-cache": Proof(
        "So many distinct valid tokens, each in a request of its own, once with room for a few of them in `tokens.cache.bytes` and once for all:"
        " every one is let in, and the cache is never larger than that, by yett_token_cache_bytes and by what the process grew by in resident memory.",
        [sys.executable, "tests/tokens/prove_token_cache.py"], 2_000_000, {"release": ["yett"]}),
    "logout-latency-redis": Proof(
        "With `shared_state.url: redis:` and without PostgreSQL's notifications a logout on one node is a refusal on the other two, from"
        " the last byte of its 204, within 10 ms at the median and 50 ms at the 99th percentile, while each node serves 300 other"
        " requests a second: so many logouts.",
        [sys.executable, "tests/fleet/logout_latency.py", "redis"], 1_000, {"release": ["yett"]}),
}


def text_of(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()


def commit():
    """What was proved, and a word if it is not what the commit says. The proofs themselves do not count."""
    changed = [line for line in text_of("git", "status", "--porcelain", "--untracked-files=no").splitlines()
               if not line[3:].startswith("docs/proofs/")]
    return text_of("git", "rev-parse", "--short=12", "HEAD") + (" with changes that are not committed" if changed else "")


def build(proof):
    for preset, targets in proof.presets.items():
        subprocess.run(["cmake", "--build", f"build/{preset}", "--target", *targets], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)


def read_figures(file):
    """The lines `name: value`, in order; what a proof writes twice counts as it was written last."""
    found = {}
    for line in file.read_text().splitlines() if file.exists() else []:
        name, colon, value = line.partition(":")
        if colon:
            found[name.strip()] = value.strip()
    return found


def run(proof, seed, rounds, folder):
    """(exit status, figures, table, seconds)"""
    figures, table = pathlib.Path(folder) / "figures", pathlib.Path(folder) / "table"
    environment = {**os.environ, "YETT_PROOF_SEED": str(seed), "YETT_PROOF_ROUNDS": str(rounds),
                   "YETT_PROOF_FIGURES": str(figures), "YETT_PROOF_TABLE": str(table)}
    command = [word.format(seed=seed, rounds=rounds) for word in proof.command]
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, errors="replace")
    printed = {}
    for line in process.stdout:
        print(line, end="", flush=True)
        if proof.prints and (found := re.match(proof.prints, line.rstrip())):
            printed[found[1]] = found[2]
    status = process.wait()
    return status, printed | read_figures(figures), table.read_text() if table.exists() else "", time.monotonic() - began


def duration(seconds):
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def page(name, proof, status, figures, facts, table):
    lines = [f"# {name}", "", f"Written by `./dev prove {name}`.", "", proof.shows, "", "| | |", "|---|---|",
             f"| Result | {RESULTS.get(status, BROKEN)} |"]
    lines += [f"| {what[:1].upper() + what[1:]} | {value} |" for what, value in [*facts.items(), *figures.items()]]
    return "\n".join(lines) + "\n" + table


def prove(name, proof, seed, rounds):
    """The page, and whether the property held. A proof without a figure has proved nothing."""
    with tempfile.TemporaryDirectory(prefix="yett-proof-") as folder:
        status, figures, table, seconds = run(proof, seed, rounds, folder)
    if status == 0 and not figures:
        status, figures = 1, {"reason": "the proof left no figure"}
    facts = {"commit": commit(), "seed": seed, "rounds": f"{rounds:,}", "duration": duration(seconds),
             **({"program": os.path.relpath(os.environ["YETT_BIN"], ROOT)} if "YETT_BIN" in os.environ else {}),
             "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat()}
    return page(name, proof, status, figures, facts, table), status == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=sorted(PROOFS))
    parser.add_argument("--seed", type=int, help="where chance begins; another one each time without it")
    parser.add_argument("--rounds", "--faults", type=int, help="another size than the large one")
    options = parser.parse_args()
    proof = PROOFS[options.name]
    seed = options.seed if options.seed is not None else secrets.randbelow(1 << 31)
    if not os.environ.get("YETT_BIN"):
        build(proof)
    text, held = prove(options.name, proof, seed, options.rounds or proof.rounds)
    file = ROOT / "docs/proofs" / f"{options.name}.md"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    print(f"\n{text}\n{file.relative_to(ROOT)}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
