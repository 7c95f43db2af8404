"""An acknowledged session is there until something ends it; what ended it holds; its refresh tokens are one line."""

from grouping import by, reach
from history import ENDINGS, Violation


class Session:
    """What happened to one session, and what may have ended it."""

    def __init__(self, login, steps, of_the_user, bounds):
        self.login, self.steps, self.bounds = login, steps, bounds
        self.refreshes = [step for step in steps if step.what == "refresh"]
        self.successors = {}              # token: those that were handed out for it
        for each in self.refreshes:
            if each.done:
                self.successors.setdefault(each.shown, set()).add(each.given)
        self.endings = [each for each in of_the_user if self._may_be_ended_by(each)]
        self.sure = [each for each in self.endings if each.done and (each.what == "logout" or login.end <= each.start)]
        self.enders = self.endings + [each for each in self.refreshes if self._may_be_reuse(each)]

    def _may_be_ended_by(self, step):
        if step.what == "change_password":          # even one that is refused at last has ended them before
            return step.session != self.login.session and step.over > self.login.start
        if step.what == "logout" and step.session != self.login.session:
            return False
        return not step.refused and step.over > self.login.start

    def _may_be_reuse(self, step):
        """Whether an old token was, or may have been, shown: its successor was used by then, or the grace is over."""
        if step.done:
            return False
        if any(later.shown in self.successors.get(step.shown, ()) and not later.refused and later.start < step.over
               for later in self.refreshes):
            return True
        return step.refused and any(not first.refused and first.shown == step.shown      # unanswered ones count when they had their effect
                                    and first.start + self.bounds.refresh_grace < step.end for first in self.refreshes)

    def may_be_over(self, at):
        return any(each.start < at for each in self.enders)

    def broken(self, clocks):
        yield from self._branches()
        yield from self._refreshes()
        for step in self.steps:
            if step.what == "request":
                yield from self._request(step, clocks)

    def _branches(self):
        for token, given in self.successors.items():
            if len(given) > 1:
                shown = [str(each) for each in self.refreshes if each.done and each.shown == token]
                yield Violation("two branches", "; ".join(shown))

    def _refreshes(self):
        ended = min((each.end for each in self.sure), default=float("inf"))
        seen_dead = float("inf")
        for step in self.refreshes:
            if step.done and step.start > ended:
                yield Violation("logout not kept", str(step))
            elif step.done and step.start > seen_dead:
                yield Violation("session came back", str(step))
            elif step.status == 401:
                seen_dead = min(seen_dead, step.end)
                if not self.may_be_over(step.end):
                    yield Violation("session lost", str(step))

    def _request(self, step, clocks):
        if step.done and (by_whom := [each for each in self.sure if step.start > self._reach(each, step.node)]):
            yield Violation("token after logout", f"{step}, ended by {by_whom[0]}")
        if step.status == 401 and not self.may_be_over(step.end) and not self._has_expired(step) and not clocks.may_refuse(step):
            yield Violation("session lost", str(step))

    def _reach(self, ending, node):
        """What ended all sessions has not ended on its own node what had ended elsewhere before."""
        if ending.what != "logout" and any(each.start < ending.end for each in self.enders if each is not ending):
            return ending.end + self.bounds.staleness
        return reach(ending, node, self.bounds)

    def _has_expired(self, step):
        """Chance shortens a token's life a little."""
        return step.end - step.minted_at > 0.97 * self.bounds.access_ttl


class Clocks:
    """Tokens carry the time of the node that made them, and are judged by that of the node that is asked."""

    def __init__(self, faults, bounds):
        self.faults, self.bounds = [each for each in faults if each.what == "clock"], bounds

    def _was_wrong(self, node, start, end):
        return any(each.meets(node) and start <= each.end + self.bounds.recovery and end >= each.start for each in self.faults)

    def may_refuse(self, step):
        return (self._was_wrong(step.node, step.start, step.end)
                or self._was_wrong(step.minted_on, step.minted_at, max(step.minted_at, step.minted_until)))


def violations(history):
    clocks = Clocks(history.faults, history.bounds)
    endings = by("user", [each for each in history.operations if each.what in ENDINGS])
    for steps in by("session", history.operations).values():
        logins = [each for each in steps if each.what == "login" and each.done]
        if logins:
            yield from Session(logins[0], steps, endings.get(logins[0].user, ()), history.bounds).broken(clocks)
