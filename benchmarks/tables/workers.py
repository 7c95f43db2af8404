import dataclasses

from parts.program import CORES
from peers import application
from peers.setup import Setup

from . import growth, requests
from .contestants import ALL
from .table import Table

WORKERS = {"one worker": 1, "two workers": 2}


def measure(bench, options):
    app = application.start(bench, set(CORES))

    def cost(contestant, count):
        with contestant.running(bench, app, Setup(workers=count, cores=frozenset(CORES))) as program:
            return requests.cost(bench, program, contestant, options)

    return growth.measure(ALL, WORKERS, 1.05, options.rounds, cost)


TABLE = Table(
    "workers", "One worker and two",
    dataclasses.replace(requests.TABLE).says.split("User and system")[0].replace("one worker on one core", "nobody is bound to a core") +
    """User and system time of the program for one request: what it costs that workers are more than one. Apache's workers are processes.
""", 6, measure)
