import base64
import json
import secrets
import statistics

from parts.checks import expect
from parts.figures import Goal, Section
from parts.load import Load, measured
from parts.rounds import each, measure_rounds
from peers import application
from peers.setup import Setup

from .contestants import APACHE, YETT, by_name
from .table import Table

GOOD = "good"
FORGED = 2_000                       # of each kind; each is changed in its signature before it is sent again
LEAST_BASE = 10                      # milliseconds: below that it is the machine that is measured
ALONE = f"alone, at least {LEAST_BASE} ms"
CLIENTS, FORGERS = "127.0.0.3", "127.0.0.9"
RATE = 300                           # good requests a second
# Without HAProxy: 2.6 leaves what OpenSSL says of a bad signature where it looks for errors of its connections, and closes good clients'.
CONTESTANTS = [APACHE, YETT["RS256"]]


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def with_head(good, **changed):
    head, claims, _ = good.split(".")
    told = json.loads(base64.urlsafe_b64decode(head + "=="))
    return f"{encoded(told | changed)}.{claims}.{secrets.token_urlsafe(256)}"


KINDS = {
    "malformed": lambda good: secrets.token_urlsafe(100) + "." + secrets.token_urlsafe(300) + "." + secrets.token_urlsafe(256),
    "wrong kid": lambda good: with_head(good, kid="nobody-" + secrets.token_hex(4)),
    "wrong alg": lambda good: with_head(good, alg="HS256"),
    "right kid, fresh signature": with_head,
}
FRESH = list(KINDS)[-1]


def forged_file(bench, kind):
    file = bench.folder / f"{kind.replace(' ', '-')}.tokens"
    if not file.exists():
        file.write_text("".join(KINDS[kind](bench.keys.token("RS256", number)) + "\n" for number in range(FORGED)))
    return file


def forgers(bench, program, kind, seconds):
    return Load("requests", program, connections=64, seconds=seconds, warm=1000, fresh=1, tokens=forged_file(bench, kind), **{"from": FORGERS})


def of_forged(bench, program, kind, seconds):
    """µs of processor time for one, and the share that was told 429."""
    with forgers(bench, program, kind, seconds) as load:
        before = program.cpu_seconds()
        run = load.run()
        used = program.cpu_seconds() - before
    expect(run.done > 0 and set(run.statuses) <= {401, 429}, f"{program.name} refuses tokens, {kind}: {run.statuses}")
    return used * 1e6 / run.done, run.statuses.get(429, 0) / run.done


def p99_of_good(bench, program, tokens, seconds):
    run, _ = measured(program, connections=16, rate=RATE, seconds=seconds, warm=1000, tokens=tokens, **{"from": CLIENTS})
    return run.latency["p99"] / 1000


def p99_beside(bench, program, kind, tokens, seconds):
    with forgers(bench, program, kind, seconds + 1) as load:
        load.begin()
        found = p99_of_good(bench, program, tokens, seconds)
        load.end()
    return found


def figures_of(bench, app, contestant, options):
    tokens, found = contestant.tokens(bench), {}
    with contestant.running(bench, app, Setup()) as program:
        run, used = measured(program, connections=64, seconds=options.seconds, warm=3000, tokens=tokens, **{"from": CLIENTS})
        found["cost", GOOD] = used * 1e6 / run.done
        found["p99", "alone"] = p99_of_good(bench, program, tokens, options.seconds)
        for kind in KINDS:
            found["cost", kind], found["limited", kind] = of_forged(bench, program, kind, options.seconds)
            found["p99", kind] = p99_beside(bench, program, kind, tokens, options.seconds)
    return found


def measure(bench, options):
    app = application.start(bench)
    told = measure_rounds(by_name(CONTESTANTS), options.rounds, lambda _, one: figures_of(bench, app, one, options))
    result = []
    for contestant in by_name(CONTESTANTS).values():
        result += sections(contestant.name, [figures[contestant.name] for figures in told], contestant is YETT["RS256"])
    return result


def sections(name, rounds, is_ours):
    costs = [{what: figure[kind, what] for kind, what in figure if kind == "cost"} for figure in rounds]
    waits = [{ALONE: max(figure["p99", "alone"], LEAST_BASE)} | {what: figure[kind, what] for kind, what in figure if kind == "p99"} for figure in rounds]
    limited = {kind: statistics.median(figure["limited", kind] for figure in rounds) for kind in KINDS}
    return [Section(f"{name}: one request", "µs per request", costs, [GOOD], goals=[Goal(kind, GOOD, 1.2) for kind in KINDS] if is_ours else []),
            "Told 429 instead of 401: " + ", ".join(f"{kind} {share:.0%}" for kind, share in limited.items()) + ".",
            Section(f"{name}: good clients' p99 beside forgers", "ms", waits, [ALONE], 2,
                    [Goal(kind, ALONE, 1.5) for kind in KINDS] if is_ours else [])]


TABLE = Table(
    "forged", "Forged tokens beside good ones",
    f"""
64 connections from one address that show forged tokens as fast as they are refused, none of them twice, and 16 from another one that show good tokens, {RATE} requests a
second at chance moments; TLS, one worker on one core. First what one request costs the program, user and system time, each kind by itself; then the 99th percentile of what
good clients wait, from the moment a request was planned for, while the forgers work. A base below {LEAST_BASE} ms counts as {LEAST_BASE} ms.
""", 12, measure, seconds=2)
