"""An acknowledged user is there, and so is the password that was acknowledged last."""

from grouping import by
from history import Violation


class Account:
    """The passwords that one user can have. A user acts one step at a time, but a step without an answer may come about later."""

    def __init__(self):
        self.there = False                # for certain
        self.leaving = False              # was asked to be removed, and nobody knows
        self.gone = False                 # for certain, and for good
        self.changed = False
        self.possible = set()
        self.pending = []                 # (password before, password after); before a registration there is none

    def look(self):
        """Lets everything happen that may have happened by now."""
        grown = True
        while grown:
            grown = False
            for old, new in self.pending:
                if old in self.possible and new not in self.possible:
                    self.possible.add(new)
                    grown = True

    def certainly(self, password):
        self.there, self.possible = True, {password}

    def lost(self):
        return "password not kept" if self.changed else "user lost"

    # Each takes an operation and returns the promise that it shows broken.

    def register(self, step):
        lost = self.there and step.done
        if step.done or (step.status == 409 and not self.there):
            self.certainly(step.password)
        elif step.unknown and not self.there:
            self.possible.add(step.password)
        return "user lost" if lost else None

    def change_password(self, step):
        if step.done:
            self.changed = True
            self.certainly(step.new_password)
        elif step.unknown:
            self.pending.append((step.password, step.new_password))
        return None

    def remove_user(self, step):
        if step.done:
            self.there, self.gone = False, True
        elif step.unknown:
            self.leaving = True
        return None

    def login(self, step):
        self.look()
        if self.gone:
            return "user came back" if step.done else None
        if step.done:
            wrong = self.there and step.password not in self.possible
            self.certainly(step.password)
            return "password not kept" if wrong else None
        if step.status == 401 and self.there:
            if self.possible == {step.password} and self.leaving:
                self.there, self.gone = False, True
            elif self.possible == {step.password}:
                return self.lost()
            self.possible.discard(step.password)
        return None


def violations(history):
    for steps in by("user", history.operations).values():
        account = Account()
        for step in steps:
            if step.what in ("register", "login", "change_password", "remove_user"):
                if promise := getattr(account, step.what)(step):
                    yield Violation(promise, str(step))
