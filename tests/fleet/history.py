"""What the clients of a fleet did and were told, what was done to the fleet, and what letters came.

Times are seconds of one monotonic clock that all of it shares. An operation without an answer, or with an
answer that says nothing (5xx), may have had its effect, may have it later, or never.
"""

import dataclasses
import math

UNANSWERED = 0
ALL = ""                                  # the node of a fault that meets all of them
REDIS = "redis"                           # of one that meets Redis, and therefore none of them
ENDINGS = ("logout", "logout_everywhere", "change_password", "remove_user")


@dataclasses.dataclass(frozen=True, slots=True)
class Operation:
    """One request of a client.

    register login refresh logout logout_everywhere change_password make_key remove_key remove_user: of the account
    request, key_request: to the application, by an access token of the session or by the key
    """
    what: str
    node: str
    start: float
    end: float
    status: int = UNANSWERED
    user: str = ""
    session: str = ""
    shown: str = ""                       # the refresh token that was presented
    given: str = ""                       # the refresh token of the answer
    password: str = ""                    # what was registered, tried or proved
    new_password: str = ""
    key: str = ""
    minted_on: str = ""                   # the node that made the access token
    minted_at: float = 0.0                # when that was asked for, and when it came
    minted_until: float = 0.0
    retry_after: bool = False
    code: str = ""

    @property
    def done(self):
        return 200 <= self.status < 300

    @property
    def refused(self):
        return 400 <= self.status < 500

    @property
    def unknown(self):
        return not self.done and not self.refused

    @property
    def over(self):
        """After this it changes nothing any more."""
        return math.inf if self.unknown else self.end

    def __str__(self):
        words = (f"{name} {value}" for name, value in (("user", self.user), ("session", self.session), ("key", self.key)) if value)
        return f"{self.what} on {self.node} at {self.start:.3f}..{self.end:.3f}: {self.status} {self.code} ({', '.join(words)})"


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """`end` is when the cause was gone: the process answers, the connection passes, the clock is right."""
    what: str                             # one of plan.KINDS or plan.REDIS_KINDS
    node: str
    start: float
    end: float

    def meets(self, node):
        return self.node in (ALL, node)

    def __str__(self):
        return f"{self.what} of {self.node or 'all'} at {self.start:.3f}..{self.end:.3f}"


@dataclasses.dataclass(frozen=True, slots=True)
class Letter:
    """One that the mail server took, or one that still waits in the outbox (then without an id)."""
    kind: str                             # verify_address, password_changed
    recipient: str
    id: str = ""
    node: str = ""                        # that sent it
    at: float = 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Bounds:
    """What the documents promise of times."""
    staleness: float = 5.0                # another node accepts no token later than this after its logout
    recovery: float = 2.0                 # a node answers so long after a fault's end
    known: float = 3.0                    # what is known of revocations is good enough without the database for so long at least
    access_ttl: float = 3600.0
    refresh_grace: float = 300.0
    marking: float = 1.0                  # between the mail server's yes and the mark in the store, on a node that is well


@dataclasses.dataclass(slots=True)
class History:
    operations: list
    faults: list = dataclasses.field(default_factory=list)
    letters: list = dataclasses.field(default_factory=list)     # delivered
    waiting: list = dataclasses.field(default_factory=list)     # in the outbox at the end
    bounds: Bounds = dataclasses.field(default_factory=Bounds)
    held: list = dataclasses.field(default_factory=list)        # two of upkeep.held(), if it was looked at: before the faults and after


@dataclasses.dataclass(frozen=True, slots=True)
class Violation:
    promise: str
    said: str

    def __str__(self):
        return f"{self.promise}: {self.said}"
