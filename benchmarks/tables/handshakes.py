from parts.checks import expect
from parts.figures import Goal, Section
from parts.load import measured
from parts.rounds import each, measure_rounds
from peers import application
from peers.setup import Setup

from .contestants import ALL, NGINX, YETT, by_name
from .table import Table

KINDS = {"full": 0, "resumed": 1}


def per_cpu_second(program, resume, seconds):
    run, used = measured(program, "handshakes", connections=16, seconds=seconds, resume=resume)
    expect(run.resumed == (run.done if resume else 0), f"{program.name} resumes what is asked to be: {run.resumed} of {run.done}")
    return run.done / used


def rates(bench, app, contestant, options):
    with contestant.running(bench, app, Setup()) as program:
        measured(program, "handshakes", connections=16, seconds=0.2)
        return {kind: per_cpu_second(program, resume, options.seconds) for kind, resume in KINDS.items()}


def measure(bench, options):
    app = application.start(bench)
    told = measure_rounds(by_name(ALL), options.rounds, lambda _, one: rates(bench, app, one, options))
    return [Section(f"Handshakes, {kind}", "per second of processor time", each(told, kind), [NGINX.name], 0,
                    [Goal(YETT["RS256"].name, NGINX.name, 1.0, least=True)]) for kind in KINDS]


TABLE = Table(
    "handshakes", "TLS handshakes",
    """
Connections that are made, shake hands and are closed as TLS and TCP want it, 16 at a time; TLS 1.3, X25519, an ECDSA certificate (P-256), one worker on one
core. How many the program does in a second of its user and system time, accepting and closing included. Resumed ones bring a ticket of the server's, and
every one of them is seen to be resumed.
""", 7, measure)
