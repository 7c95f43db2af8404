#!/usr/bin/python3
"""Run by `./dev prove servers`: so many faults of two servers of three, under load, and what came of them as figures."""

import asyncio
import random
import statistics
import sys
import tempfile

import paths  # noqa: F401
import proof
from trial import FAULTS, HEALTH, QUARTERS, RECOVERY, Pace, Trial

PACE = Pace(rate=300, calm=5.0, fault=8.0, slow_start=8.0, after=3.0)
LOOKING = 0.2                             # seconds that a look at the metrics may be late by
FAIR = 1 / 3


def order(rounds, chance):
    """All faults before any comes again, in an order by lot."""
    made = []
    while len(made) < rounds:
        made += chance.sample(FAULTS, len(FAULTS))
    return made[:rounds]


def percent(share):
    return f"{100 * share:.1f} %"


def of_each(trial, what, show):
    """By fault, the worst or the mean of its episodes."""
    return ", ".join(f"{fault} {show(what, [each for each in trial.episodes if each.fault == fault])}"
                     for fault in FAULTS if any(each.fault == fault for each in trial.episodes))


def report(trial):
    """Writes the figures; what did not hold."""
    asked = trial.clients.asked
    reads, writes = [[each for each in asked if each.method == method] for method in ("GET", "POST")]
    recovery = [each.recovery() for each in trial.episodes]
    shares = [statistics.mean(column) for column in zip(*map(trial.shares, trial.episodes))]
    failed, twice, lost = trial.failed_reads(), trial.sent_twice(), trial.lost_writes()
    span = max(each.planned for each in asked) - min(each.planned for each in asked)
    proof.figure("faults, each of two servers", ", ".join(f"{sum(e.fault == fault for e in trial.episodes)} {fault}" for fault in FAULTS))
    proof.figure("requests", f"{len(asked):,}, {len(asked) / span:.0f} a second, open loop")
    proof.figure("GETs that failed", f"{len(failed)} of {len(reads):,}")
    proof.figure("POSTs that two servers could act on", f"{len(twice)} of {len(writes):,}")
    proof.figure("POSTs answered 200 that no server saw", len(lost))
    proof.figure("POSTs answered 200 during a fault", of_each(trial, trial.written, lambda f, all_of: percent(statistics.mean(map(f, all_of)))))
    proof.figure("GETs during a fault, 99th percentile", of_each(trial, trial.slowest, lambda f, all_of: f"{max(map(f, all_of)):.2f} s"))
    proof.figure("recovery, healthy to given requests", f"{statistics.median(recovery):.1f} s at the median, {max(recovery):.1f} s at most;"
                 f" promised {RECOVERY:.1f} s (healthy_after {HEALTH['healthy_after']} + 1 intervals of {HEALTH['interval']})")
    proof.figure("share of a server that is back", ", ".join(map(percent, shares[:QUARTERS])) +
                 f" in the quarters of slow_start ({PACE.slow_start:.0f} s), then {percent(shares[-1])}")
    proof.figure("requests sent again", int(trial.gateway.metric("yett_upstream_retries_total")))
    proof.figure("not sent again for the budget", int(trial.gateway.metric("yett_upstream_retries_refused_total") or 0))
    return [name for name, is_bad in {
        "GETs failed": failed, "POSTs were sent twice": twice, "POSTs were lost": lost, "recovery": max(recovery) > RECOVERY + LOOKING,
        "slow start": shares[:QUARTERS] != sorted(shares[:QUARTERS]) or shares[0] > 0.7 * FAIR,
        "the share after slow start": abs(shares[-1] - FAIR) > 0.05}.items() if is_bad]


def main():
    chance = random.Random(proof.seed())
    with tempfile.TemporaryDirectory(prefix="yett-servers-") as folder:
        trial = Trial(folder, PACE, proof.seed())
        try:
            asyncio.run(trial.run(order(proof.rounds(len(FAULTS)), chance)))
            wrong = report(trial)
        finally:
            trial.stop()
    for each in trial.failed_reads()[:20]:
        print(each)
    if wrong:
        proof.figure("did not hold", ", ".join(wrong))
    return proof.BROKEN if wrong else proof.HELD


if __name__ == "__main__":
    sys.exit(main())
