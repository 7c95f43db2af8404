"""What a client knows of its users, their sessions and their keys."""

import dataclasses


@dataclasses.dataclass(slots=True)
class Session:
    id: str
    member: "Member"
    refresh: str
    access: str = ""
    minted_on: str = ""
    minted_at: float = 0.0
    minted_until: float = 0.0

    def hold(self, answer, node):
        self.refresh, self.access = answer.body["refresh_token"], answer.body["access_token"]
        self.minted_on, self.minted_at, self.minted_until = node, answer.start, answer.end


@dataclasses.dataclass(slots=True)
class Key:
    id: str
    member: "Member"
    text: str


@dataclasses.dataclass(slots=True)
class Member:
    """A user. While a change of the password is not answered there are two that may be right."""
    email: str
    password: str
    registered: bool = False
    other_password: str = ""
    sessions: list = dataclasses.field(default_factory=list)
    ended: list = dataclasses.field(default_factory=list)       # sessions whose end was acknowledged, or only asked for
    keys: list = dataclasses.field(default_factory=list)
    removed: list = dataclasses.field(default_factory=list)
    changes: int = 0
    leaving: bool = False                 # was asked to be removed
