"""One row of the table: what is sent, and what may come of it."""

import dataclasses

import outcomes
from frames import NO_ERROR, ping
from peer import Peer

PROBE = b"the last"
PATIENCE = 1.5      # seconds for what has to come once all was taken


@dataclasses.dataclass
class Case:
    section: str                # of RFC 9113, or "7541 5.2", "8441 5"
    asks: str                   # what is asked of a server, as a sentence
    steps: tuple                # octets to send, and what is done with the peer meanwhile
    accepts: tuple              # outcomes; one is enough
    rests_on: str = ""          # the words of the RFC, where others see it otherwise
    settings: tuple = ()        # of the client
    greet: bool = True          # begins with a preface and waits for the server's

    @property
    def name(self):
        return f"{self.section} {self.asks}"


def judge(case, server, tls):
    """(whether it is met, in words what happened)"""
    with Peer(server, tls, case.greet, case.settings) as peer:
        for step in case.steps:
            step(peer) if callable(step) else peer.send(step)
        peer.send(ping(PROBE))
        return await_outcome(case, peer), outcomes.happened(peer)


def await_outcome(case, peer):
    def is_met():
        peer.probed = PROBE in peer.pongs
        return any(each.is_met(peer) for each in case.accepts)

    peer.until(lambda: is_met() or peer.goaway not in (None, NO_ERROR), PATIENCE)
    # What is met by a PING that came back has to be so still when all has come.
    return is_met()
