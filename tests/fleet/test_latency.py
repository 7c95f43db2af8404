"""Of the proofs of logouts: what is made of their figures, and that a few logouts can be measured at all."""

import statistics

import pytest

import proof
from fleet import Fleet
from logout_latency import BY_NOTIFICATION, BY_REDIS, NEVER, FleetWithRedis, measure, verdict

SOON = [0.005] * 90 + [0.030] * 10
LATE = [0.011] * 100
NOW_AND_THEN_LATE = [0.005] * 98 + [0.060] * 2


@pytest.mark.parametrize("promise, found, busy, rate, outcome", [
    (BY_REDIS, SOON, 50.0, 300.0, proof.HELD),
    (BY_REDIS, SOON, 75.0, 270.0, proof.HELD),
    (BY_REDIS, LATE, 50.0, 300.0, proof.BROKEN),
    (BY_REDIS, NOW_AND_THEN_LATE, 50.0, 300.0, proof.BROKEN),
    (BY_NOTIFICATION, LATE, 50.0, 100.0, proof.HELD),
    # Nothing is proved on a machine that has no time to spare, or by nodes that did less than they should.
    (BY_REDIS, SOON, 75.1, 300.0, proof.VOID),
    (BY_REDIS, LATE, 100.0, 300.0, proof.VOID),
    (BY_REDIS, SOON, 50.0, 269.0, proof.VOID),
    # But one that never comes is no matter of time.
    (BY_REDIS, [*SOON, NEVER + 0.1], 100.0, 300.0, proof.BROKEN),
    (BY_REDIS, [*SOON, float("inf")], 50.0, 300.0, proof.BROKEN),
])
def test_what_is_made_of_the_figures(promise, found, busy, rate, outcome):
    assert verdict(promise, found, busy, rate) == outcome


@pytest.mark.parametrize("kind", [Fleet, FleetWithRedis])
def test_a_few_logouts(kind, tmp_path):
    """How soon is for a machine that does nothing else; here it must be sooner than the look each second that comes without a word."""
    with kind(tmp_path, clocks=False, direct=True) as fleet:
        found, busy, rate = measure(fleet, tmp_path, 50, 7, 8)
    assert len(found) == 16 and statistics.median(found) < 0.3 and max(found) < NEVER, sorted(found)
    assert 0 < busy <= 100 and rate > 0
