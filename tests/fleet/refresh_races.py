#!/usr/bin/python3
"""Twenty clients on each of three nodes show one refresh token at the same moment, again and again. Run by `./dev prove refresh-races`.

Each round goes on with the successor of the one before. All get it, nobody gets another, and one session is left.
"""

import sys
import tempfile
import threading

import checker
import proof
from fleet import Fleet
from history import History, Operation
from plan import NODES
from wire import Wire, session_of

CLIENTS = 20                              # on each node
USER = {"email": "ada@example.com", "password": "correct horse battery staple"}
OPEN = "SELECT count(*) FROM sessions WHERE ended_at IS NULL"


class Crowd:
    """Threads that wait for each other before each round."""

    def __init__(self, fleet, clients):
        self.wires = [Wire(fleet.nodes[name]) for _ in range(clients) for name in NODES]
        self.together = threading.Barrier(len(self.wires) + 1)
        self.token, self.session, self.told = "", "", []
        for each in self.wires:
            threading.Thread(target=self._client, args=(each,), daemon=True).start()

    def _client(self, wire):
        while True:
            self.together.wait()
            answer = wire.ask("POST", "/auth/refresh", {"refresh_token": self.token}, timeout=30)
            self.told.append(Operation("refresh", wire.node.name, answer.start, answer.end, answer.status, user=USER["email"],
                                       session=self.session, shown=self.token, given=str(answer.body.get("refresh_token", "")),
                                       code=answer.code, retry_after=answer.retry_after))
            self.together.wait()

    def round(self):
        """The operations of one round."""
        before = len(self.told)
        self.together.wait()
        self.together.wait()
        return self.told[before:]


def sign_in(wire):
    assert wire.ask("POST", "/auth/register", USER).status == 201
    answer = wire.ask("POST", "/auth/login", USER)
    assert answer.status == 200, answer
    session = session_of(answer.body["access_token"])
    return answer.body["refresh_token"], Operation("login", wire.node.name, answer.start, answer.end, 200, user=USER["email"],
                                                   session=session, given=answer.body["refresh_token"], password=USER["password"])


def race(fleet, rounds, clients=CLIENTS):
    """(the history, rounds in which not everybody got the successor, sessions that are open)"""
    crowd = Crowd(fleet, clients)
    crowd.token, login = sign_in(Wire(fleet.nodes[NODES[0]]))
    crowd.session, uneven = login.session, 0
    for _ in range(rounds):
        told = crowd.round()
        uneven += any(not each.done for each in told) or len({each.given for each in told}) != 1
        crowd.token = next((each.given for each in told if each.done), crowd.token)
    history = History([login, *crowd.told])
    return history, uneven, int(fleet.postgres.ask(fleet.database, OPEN))


def main():
    with tempfile.TemporaryDirectory(prefix="yett-races-") as folder, Fleet(folder, clocks=False) as fleet:
        history, uneven, left = race(fleet, proof.rounds(20))
    found = checker.violations(history)
    for each in found[:20]:
        print(each)
    proof.figure("clients in a round", f"{CLIENTS} on each of {len(NODES)} nodes")
    proof.figure("refreshes", f"{len(history.operations) - 1:,}")
    proof.figure("rounds in which not everybody got the one successor", uneven)
    proof.figure("two live branches", sum(each.promise == "two branches" for each in found))
    proof.figure("broken promises", len(found))
    proof.figure("open sessions at the end", left)
    return proof.HELD if not found and not uneven and left == 1 else proof.BROKEN


if __name__ == "__main__":
    sys.exit(main())
