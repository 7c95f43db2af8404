"""What was acknowledged together with a letter has its letter, once unless its sender died beside it."""

import collections

from history import Violation

TOLD_BY = {"register": "verify_address", "change_password": "password_changed"}
# Whatever can come between the mail server's yes and the mark in the store. A clock, an orderly stop and a full disk for temporary files cannot.
CAUSES = {"kill", "pause", "cut", "half_open", "deaf", "postgres", "both"}


def _expected(operations):
    """For each reader and kind how many there must be, and how many there may be. Who leaves takes along what waits."""
    least, most = collections.Counter(), collections.Counter()
    leaving = {each.user for each in operations if each.what == "remove_user" and not each.refused}
    for each in operations:
        if each.what in TOLD_BY and not each.refused:
            most[each.user, TOLD_BY[each.what]] += 1
            least[each.user, TOLD_BY[each.what]] += each.done and each.user not in leaving
    return least, most


def _ids(letters):
    found = collections.defaultdict(set)
    for each in letters:
        found[each.recipient, each.kind].add(each.id)
    return found


def _has_cause(letter, history):
    bounds = history.bounds
    return any(each.what in CAUSES and each.meets(letter.node)
               and each.start <= letter.at + bounds.marking and letter.at <= each.end + bounds.recovery for each in history.faults)


def _repeated(history):
    last = {}
    for letter in sorted(history.letters, key=lambda one: one.at):
        before = last.get(letter.id)
        if before and not _has_cause(before, history):
            yield Violation("letter twice", f"{letter.id} to {letter.recipient} at {before.at:.3f} by {before.node} and at {letter.at:.3f}")
        last[letter.id] = letter


def violations(history):
    least, most = _expected(history.operations)
    left = _ids(history.letters)
    waiting = collections.Counter((each.recipient, each.kind) for each in history.waiting)
    for whose, count in least.items():
        if len(left[whose]) + waiting[whose] < count:
            yield Violation("letter lost", f"{whose[1]} to {whose[0]}: {count} acknowledged, {len(left[whose])} left,"
                                           f" {waiting[whose]} waiting")
    for whose, ids in left.items():
        if whose[1] in TOLD_BY.values() and len(ids) > most[whose]:
            yield Violation("letter twice", f"{whose[1]} to {whose[0]}: {most[whose]} asked for, {len(ids)} left")
    yield from _repeated(history)
