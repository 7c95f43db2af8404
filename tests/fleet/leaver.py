"""A client that logs in and out, and asks the other nodes with the token until all of them have refused it."""

import time
from concurrent.futures import ThreadPoolExecutor

from client import Client
from plan import NODES

PAUSE = 0.2                               # seconds between two logouts, on average
LOOK = 0.02                               # seconds between two looks


class Leaver(Client):
    def __init__(self, fleet, seed, name, staleness):
        super().__init__(fleet, seed, name, PAUSE)
        self.patience = 2 * staleness

    def step(self):
        if not self.members or not self.members[0].registered:
            self.register(self.members[0] if self.members else None, again=bool(self.members))
            return
        member = self.members[0]
        self.login(member)
        if member.sessions:
            self.leave(member.sessions[0])

    def leave(self, session):
        for node in NODES:                # from now on it is known everywhere
            self.request(session, node)
        if self.logout(session).status == 204:
            elsewhere = [node for node in NODES if node != self.told[-1].node]
            with ThreadPoolExecutor(len(elsewhere)) as crowd:
                list(crowd.map(lambda node: self.watch(session, node), elsewhere))

    def watch(self, session, node):
        end = time.monotonic() + self.patience
        while self.request(session, node).status != 401 and time.monotonic() < end:
            time.sleep(LOOK)
