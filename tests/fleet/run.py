"""A fleet under load and faults, from the first request to the history."""

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor

import faults
import plan
import upkeep
from client import Client
from history import Bounds, History
from leaver import Leaver

SETTLING = 1.0                            # beyond the recovery, before everything is looked at once more


@dataclasses.dataclass(frozen=True)
class Size:
    faults: int
    clients: int = 6
    pace: float = 0.03                    # seconds between two requests of a client, on average
    letters: float = 0.0                  # how long the last letters are waited for
    deadline: float = 120.0               # of whatever must end
    spacing: float = 1.0                  # of the faults
    kinds: dict = dataclasses.field(default_factory=lambda: plan.KINDS)
    spared: tuple = ()                    # nodes that are not killed
    leavers: int = 0                      # clients that do nothing but log in and out
    warming: float = 0.0                  # seconds of load, after which what the nodes hold is looked at for the first time; 0: never


def run(fleet, seed, size, bounds=Bounds()):
    clients = [Client(fleet, seed, f"c{number}", size.pace) for number in range(size.clients)]
    clients += [Leaver(fleet, seed, f"l{number}", bounds.staleness) for number in range(size.leavers)]
    for each in clients:
        each.start()
    inflicted = faults.Faults(fleet, size.deadline)
    try:
        time.sleep(size.warming)
        held = [upkeep.held(fleet)] if size.warming else []
        kinds = size.kinds if fleet.clocks else plan.without(size.kinds, "clock")
        inflicted.inflict(plan.plan(seed, size.faults, kinds, size.spacing, size.spared))
        time.sleep(bounds.recovery + SETTLING)
    finally:
        _end(clients, size.deadline)
    _audit(clients)
    held += [upkeep.held(fleet)] if size.warming else []
    waiting = faults.wait_for_letters(fleet, size.letters) if size.letters else fleet.waiting()
    told = [each for client in clients for each in client.told]
    return History(told, inflicted.noted, list(fleet.mailbox.letters), waiting, bounds, held)


def _end(clients, deadline):
    for each in clients:
        each.over.set()
    for each in clients:
        each.join(deadline)
    assert not any(each.is_alive() for each in clients), "a client does not end"
    assert not any(each.failure for each in clients), [repr(each.failure) for each in clients]


def _audit(clients):
    """Each looks at what is its own. What they do now is part of the history, too."""
    with ThreadPoolExecutor(len(clients)) as crowd:
        for done in [crowd.submit(each.audit) for each in clients]:
            done.result()
