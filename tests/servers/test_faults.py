"""The short form of `./dev prove servers`: three of the faults, at a lower rate, and the rest of them the next time."""

import asyncio
import os
import random

import paths  # noqa: F401
import pytest
from trial import FAULTS, RECOVERY, Pace, Trial

PACE = Pace(rate=100, calm=1.0, fault=3.0, slow_start=2.0, after=0.5)
SEED = int(os.environ.get("YETT_PROOF_SEED", random.randrange(1 << 31)))
LATE = 1.5                                # seconds: of a machine that has other things to do


@pytest.fixture
def trial(tmp_path):
    made = Trial(tmp_path, PACE, SEED)
    yield made
    made.stop()


def test_two_of_three_servers_fail_and_nobody_reads_of_it_or_writes_twice(trial):
    print(f"YETT_PROOF_SEED={SEED}")
    asyncio.run(trial.run(random.Random(SEED).sample(FAULTS, 3)))
    assert not trial.failed_reads()[:5]
    assert not trial.sent_twice()
    assert not trial.lost_writes()
    assert len(trial.acted_on()) > 0.8 * len(trial.clients.asked)     # the servers tell of what they see
    for each in trial.episodes:
        assert len(each.recovered) == 2 and each.recovery() < RECOVERY + LATE, each
