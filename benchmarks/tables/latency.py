import statistics

from parts.figures import Section
from parts.load import LATEST, Load, measured
from parts.machine import Machine
from parts.rounds import each, measure_rounds, say
from peers import application
from peers.setup import Setup

from .contestants import ALL, NGINX, by_name
from .table import Table

SHARES = (0.3, 0.6)
QUANTILES = ("p50", "p99", "p99.9")
CONNECTIONS = 256


def most_of_nginx(bench, app, seconds):
    """Requests a second in a closed loop: what this machine, clients and application included, can do at all."""
    with NGINX.running(bench, app, Setup(kept=1024)) as program:
        run, _ = measured(program, connections=64, seconds=seconds, warm=3000, tokens=NGINX.tokens(bench))
    return run.rate()


def one(bench, program, contestant, rate, seconds, seed):
    machine = Machine()
    run, _ = measured(program, connections=CONNECTIONS, seconds=seconds, warm=3000, rate=rate, seed=seed, tokens=contestant.tokens(bench))
    return {which: run.latency[which] / 1000 for which in QUANTILES} | {"busy": 100 * machine.shares()["busy"], "late": run.late}


def latencies(bench, app, contestant, rates, options, seed):
    with contestant.running(bench, app, Setup(kept=1024)) as program:
        found = {share: one(bench, program, contestant, rate, options.seconds, seed) for share, rate in rates.items()}
    return {(share, what): figure for share, told in found.items() for what, figure in told.items()}


def measure(bench, options):
    app = application.start(bench)
    most = most_of_nginx(bench, app, options.seconds)
    rates = {share: round(most * share) for share in SHARES}
    say(f"nginx does {most:,.0f} requests a second in a closed loop")
    told = measure_rounds(by_name(ALL), options.rounds, lambda _, each: latencies(bench, app, each, rates, options, 1))
    result = [f"nginx does {most:,.0f} requests a second here in a closed loop of 64 connections, clients and application on the same machine."]
    for share, rate in rates.items():
        result += sections(told, share, f"{rate:,} requests a second, {share:.0%} of nginx's most")
    return result + [late(told)]


def sections(told, share, words):
    result = [Section(f"{which} at {words}", "ms", each(told, (share, which)), [NGINX.name], 3) for which in QUANTILES]
    return result + [Section(f"The machine at {words}", "% busy, clients and application included", each(told, (share, "busy")), [], 0)]


def late(told):
    all_late = [figure[share, "late"] for figures in told for figure in figures.values() for share in SHARES]
    behind = sum(each > LATEST for each in all_late)
    return (f"The clients were at most {statistics.median(all_late):.0f} µs behind their own plan at the 99th percentile (median of {len(all_late)} runs); "
            f"in {behind} of them more than {LATEST} µs, so that their latencies are too large by so much.")


TABLE = Table(
    "latency", "Latency in an open loop",
    f"""
Requests at chance moments (exponential gaps), whether others were answered or not, over {CONNECTIONS} connections with TLS, one worker on one core. Latency is from
the moment a request was planned for to the last byte of its reply, so that whoever had to wait for a connection counts as well.
""", 10, measure, seconds=3)
