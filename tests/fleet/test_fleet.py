"""A short life of a fleet: one fault of each kind under load, and no promise broken. `./dev prove fleet` has five hundred."""

import collections
import os

import checker
from fleet import Fleet
from history import Bounds
from run import Size, run

SEED = int(os.environ.get("YETT_SEED", "7"))
CLOCKS = os.environ.get("YETT_FLEET_CLOCKS", "1") == "1"     # a sanitizer shares the program with no other preloaded library
# Other tests run beside this one.
BOUNDS = Bounds(recovery=10.0, marking=5.0)
SIZE = Size(faults=10, clients=4, pace=0.05, spacing=0.3)


def test_no_promise_is_broken(tmp_path):
    with Fleet(tmp_path, clocks=CLOCKS) as fleet:
        history = run(fleet, SEED, SIZE, BOUNDS)
    done = collections.Counter(each.what for each in history.operations if each.done)
    assert not checker.violations(history), "\n".join(map(str, checker.violations(history)))
    # It is a proof only if something happened.
    assert all(done[what] for what in ("register", "login", "refresh", "logout", "request", "change_password", "make_key")), done
    assert any(each.unknown for each in history.operations) and len(history.faults) == SIZE.faults
    assert len(history.letters) > done["register"] / 2
