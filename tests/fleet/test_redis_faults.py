"""A short life of a fleet with Redis beside its database: one fault of each kind. `./dev prove redis-faults` has five hundred."""

import collections
import os

import checker
import plan
import upkeep
from fleet import Fleet
from history import REDIS, Bounds
from run import Size, run

SEED = int(os.environ.get("YETT_SEED", "7"))
# Other tests run beside this one.
BOUNDS = Bounds(recovery=6.0, marking=5.0)
SIZE = Size(faults=len(plan.REDIS_KINDS), clients=3, leavers=1, pace=0.05, spacing=0.1, kinds=plan.brief(plan.REDIS_KINDS), spared=(plan.LIVES_ON,),
            warming=2.0)


def test_whatever_becomes_of_redis_no_promise_is_broken(tmp_path):
    with Fleet(tmp_path, clocks=False, redis=True) as fleet:
        history = run(fleet, SEED, SIZE, BOUNDS)
        stream = {result: fleet.nodes[plan.LIVES_ON].gateway.metric("yett_revocation_stream_total", result=result)
                  for result in ("told", "heard", "lost", "missed")}
    done = collections.Counter(each.what for each in history.operations if each.done)
    assert not checker.violations(history), "\n".join(map(str, checker.violations(history)))
    assert not upkeep.grown(*history.held), history.held
    # It is a proof only if something happened: to the clients, to Redis, and to what comes by way of it.
    assert all(done[what] for what in ("register", "login", "refresh", "logout", "request", "change_password", "make_key")), done
    assert {each.what for each in history.faults} == set(plan.REDIS_KINDS)
    assert any(each.node == REDIS for each in history.faults)
    assert all(stream.values()), stream
