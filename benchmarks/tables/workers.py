import dataclasses

from parts.figures import Goal, Section
from parts.program import CORES
from parts.rounds import measure_rounds
from peers import application
from peers.setup import Setup

from . import requests
from .contestants import ALL, YETT
from .table import Table

WORKERS = {"one worker": 1, "two workers": 2}
ONE, TWO = WORKERS


def measure(bench, options):
    app = application.start(bench, set(CORES))
    cases = {(each.name, words): (each, count) for each in ALL for words, count in WORKERS.items()}

    def cost(_, case):
        contestant, count = case
        return requests.cost(bench, app, contestant, Setup(workers=count, cores=frozenset(CORES)), options)

    rounds = measure_rounds(cases, options.rounds, cost)
    return [section(each, rounds) for each in ALL]


def section(contestant, rounds):
    goals = [Goal(TWO, ONE, 1.05)] if contestant is YETT["RS256"] else []
    return Section(contestant.name, "µs per request", [{words: figures[contestant.name, words] for words in WORKERS} for figures in rounds], [ONE],
                   goals=goals)


TABLE = Table(
    "workers", "One worker and two",
    dataclasses.replace(requests.TABLE).says.split("User and system")[0].replace("one worker on one core", "nobody is bound to a core") +
    """User and system time of the program for one request: what it costs that workers are more than one. Apache's workers are processes.
""", 6, measure)
