"""The checker finds what is planted in histories written by hand, and nothing in their innocent twins.

Each pair differs in as little as possible: what makes the one a broken promise and the other a day's work.
"""

import pytest

from checker import violations
from history import ALL, REDIS, Bounds, Fault, History, Letter, Operation, UNANSWERED

ADA, PASSWORD, NEXT = "ada@example.com", "first", "second"
GOOD = {"register": 201, "login": 200, "refresh": 200, "request": 200, "key_request": 200, "make_key": 201}


class Story:
    """A history, told from top to bottom. An operation takes ten milliseconds unless `lasting` says otherwise."""

    def __init__(self, **bounds):
        self.told = History([], bounds=Bounds(**bounds))

    def at(self, second, what, status=None, node="one", lasting=0.01, **more):
        if status is None:
            status = GOOD.get(what, 204)
        more.setdefault("user", ADA)
        self.told.operations.append(Operation(what, node, second, second + lasting, status, **more))
        return self

    def registered(self, second=0.0, password=PASSWORD):
        return self.at(second, "register", password=password).letter(second + 0.5)

    def signed_in(self, second=1.0, session="s", given="r0", **more):
        return self.at(second, "login", session=session, given=given, password=PASSWORD, **more)

    def request(self, second, status=200, session="s", minted_at=1.0, **more):
        return self.at(second, "request", status, session=session, minted_at=minted_at, minted_on="one", **more)

    def fault(self, what, start, end, node="one"):
        self.told.faults.append(Fault(what, node, start, end))
        return self

    def letter(self, second, id=None, kind="verify_address", node="one", to=ADA):
        self.told.letters.append(Letter(kind, to, id or f"{kind} {second}", node, second))
        return self

    def found(self):
        return [each.promise for each in violations(self.told)]


def begun():
    return Story().registered().signed_in()


# --- The five ------------------------------------------------------------------------


def lost_user(acknowledged):
    """A registration during a restart of the database; afterwards nobody knows the user."""
    return (Story().fault("postgres", 0.9, 2.0, ALL)
            .at(1.0, "register", 201 if acknowledged else 503, password=PASSWORD, retry_after=True).letter(3.0)
            .at(5.0, "login", 401, password=PASSWORD))


def late_acceptance(seconds):
    """A logout on one node; so long after it another node still lets the token in."""
    return begun().at(10.0, "logout", session="s").request(10.01 + seconds, node="two")


def branches(other):
    """Two nodes are shown one token at the same moment, and each hands out a successor."""
    return (begun().at(2.0, "refresh", session="s", shown="r0", given="r1")
            .at(2.0, "refresh", session="s", shown="r0", given=other, node="two"))


def twice(fault):
    """One letter comes a second time, a minute and a half after the first."""
    story = Story().registered()
    return fault(story).letter(90.0, id="verify_address 0.5")


def forgotten_logout(status):
    """The node is killed right after its answer to a logout; the session lives on elsewhere."""
    return (begun().at(10.0, "logout", status, session="s", retry_after=True).fault("kill", 10.01, 12.0)
            .at(20.0, "refresh", session="s", shown="r0", given="r1", node="two"))


FIVE = {
    "a user that was acknowledged is gone": ("user lost", lost_user(True), lost_user(False)),
    "a token outlives its logout": ("token after logout", late_acceptance(5.001), late_acceptance(4.999)),
    "a session has two successors": ("two branches", branches("r1'"), branches("r1")),
    "a letter comes twice": ("letter twice", twice(lambda story: story.fault("kill", 2.0, 3.0)),
                             twice(lambda story: story.fault("kill", 0.6, 3.0))),
    "a 204 was not durable": ("logout not kept", forgotten_logout(204), forgotten_logout(503)),
}


@pytest.mark.parametrize("name", FIVE)
def test_each_of_the_five_planted_bugs_is_found_and_its_twin_is_innocent(name):
    promise, planted, innocent = FIVE[name]
    assert planted.found() == [promise]
    assert innocent.found() == []


# --- Users and passwords -------------------------------------------------------------


def test_a_quiet_day_breaks_nothing():
    assert (begun().request(2.0).at(3.0, "refresh", session="s", shown="r0", given="r1").request(4.0, node="two", minted_at=3.0)
            .at(5.0, "make_key", key="k").at(6.0, "key_request", key="k", node="three")
            .at(7.0, "change_password", session="s", password=PASSWORD, new_password=NEXT).letter(7.5, kind="password_changed")
            .at(8.0, "login", session="t", given="q0", password=NEXT).at(8.5, "login", 401, password=PASSWORD)
            .at(9.0, "remove_key", key="k").at(9.1, "key_request", 401, key="k").at(10.0, "logout", session="s")
            .request(10.1, 401).at(11.0, "refresh", 401, session="s", shown="r1").at(12.0, "logout_everywhere", session="t")
            .request(12.1, 401, session="t", minted_at=8.0).found()) == []


def test_an_address_that_is_free_again_was_lost():
    assert Story().registered().at(5.0, "register", 201, password=NEXT).letter(6.0).found() == ["user lost"]
    assert Story().registered().at(5.0, "register", 409, password=NEXT).found() == []


def changed(status, tried, answer, again=None):
    story = begun().at(3.0, "change_password", status, session="s", password=PASSWORD, new_password=NEXT, retry_after=True)
    story.letter(3.5, kind="password_changed").fault("cut", 2.9, 3.5)
    story.at(8.0, "login", answer, password=tried, session="t", given="q0")
    return story.at(9.0, "login", 200, password=again, session="u", given="p0") if again else story


def test_a_new_password_is_kept_and_the_old_one_is_dead():
    assert changed(204, NEXT, 401).found() == ["password not kept"]
    assert changed(204, PASSWORD, 200).found() == ["password not kept"]
    assert changed(204, NEXT, 200).found() == changed(204, PASSWORD, 401).found() == []


@pytest.mark.parametrize("status", [UNANSWERED, 503])
def test_a_change_without_an_answer_happened_or_did_not_but_not_both(status):
    assert changed(status, NEXT, 200).found() == changed(status, NEXT, 401).found() == changed(status, PASSWORD, 401).found() == []
    assert changed(status, PASSWORD, 200, NEXT).found() == []          # it was still on its way
    assert changed(status, NEXT, 200, PASSWORD).found() == ["password not kept"]


def removed(status):
    return with_key().fault("cut", 3.9, 4.5).at(4.0, "remove_user", status, session="s", password=PASSWORD, retry_after=True)


def test_who_was_removed_is_gone_with_all_that_was_theirs():
    assert removed(204).at(9.5, "login", password=PASSWORD, session="t", given="q0").found() == ["user came back"]
    assert removed(204).at(9.5, "refresh", session="s", shown="r0", given="r1", node="two").found() == ["logout not kept"]
    assert removed(204).request(9.5, node="two").found() == ["token after logout"]
    assert removed(204).at(9.5, "key_request", key="k", node="two").found() == ["key after removal"]
    for status in (204, 503):
        quiet = removed(status).at(9.5, "login", 401, password=PASSWORD).request(9.5, 401, node="two")
        assert quiet.at(9.5, "key_request", 401, key="k").found() == [], status
    assert removed(503).at(9.5, "login", password=PASSWORD, session="t", given="q0").request(9.5).at(9.6, "key_request", key="k").found() == []


def test_who_was_seen_removed_stays_so():
    story = removed(503).at(9.0, "login", 401, password=PASSWORD)
    assert story.at(9.5, "login", password=PASSWORD, session="t", given="q0").found() == ["user came back"]


def test_letters_that_wait_go_with_the_user():
    story = Story().at(0.0, "register", 201, password=PASSWORD).signed_in()
    assert story.at(4.0, "remove_user", session="s", password=PASSWORD).found() == []


# --- Sessions ------------------------------------------------------------------------


def test_a_session_that_nobody_ended_is_there():
    assert begun().at(9.0, "refresh", 401, session="s", shown="r0").found() == ["session lost"]
    assert begun().request(9.0, 401).found() == ["session lost"]
    assert begun().at(5.0, "logout", UNANSWERED, session="s").fault("cut", 5.0, 5.1).at(9.0, "refresh", 401, session="s", shown="r0").found() == []


def test_a_token_may_be_refused_for_its_age_or_by_a_wrong_clock():
    assert begun().request(3602.0, 401).found() == []
    assert begun().fault("clock", 8.0, 12.0, "two").request(9.0, 401, node="two").found() == []
    assert begun().fault("clock", 0.5, 4.0, "one").request(9.0, 401, node="two").found() == []      # it was made then
    assert begun().fault("clock", 8.0, 12.0, "one").request(9.0, 401, node="two").found() == ["session lost"]


def test_a_wrong_clock_ends_no_session():
    assert (begun().fault("clock", 8.0, 12.0, "two").at(9.0, "refresh", 401, session="s", shown="r0", node="two").found()) == ["session lost"]


def test_a_session_that_was_seen_dead_stays_dead():
    story = begun().at(5.0, "logout", UNANSWERED, session="s").fault("cut", 5.0, 5.1).at(9.0, "refresh", 401, session="s", shown="r0")
    assert story.at(10.0, "refresh", session="s", shown="r0", given="r1").found() == ["session came back"]


def test_a_refresh_that_was_in_flight_during_the_logout_is_no_matter():
    assert begun().at(4.99, "refresh", session="s", shown="r0", given="r1", lasting=0.1).at(5.0, "logout", session="s").found() == []


def reused(after, grace_over=False):
    """A node sleeps over a refresh; when it wakes, the token it was shown may be two generations old."""
    story = begun().fault("pause", 2.0, 12.0).at(2.5, "refresh", UNANSWERED, session="s", shown="r0", lasting=1.0)
    story.at(4.0, "refresh", session="s", shown="r0", given="r1", node="two")
    if after:
        story.at(5.0, "refresh", session="s", shown="r1", given="r2", node="two")
    return story.at(20.0, "refresh", 401, session="s", shown="r2" if after else "r1", node="two")


def test_an_old_token_that_arrives_late_may_end_its_session():
    assert reused(after=True).found() == []
    assert reused(after=False).found() == ["session lost"]


def test_a_token_shown_again_beyond_the_grace_may_end_its_session():
    story = begun().at(2.0, "refresh", session="s", shown="r0", given="r1").at(400.0, "refresh", 401, session="s", shown="r0")
    assert story.at(401.0, "refresh", 401, session="s", shown="r1").found() == []


@pytest.mark.parametrize("status", [UNANSWERED, 503])
def test_a_refresh_without_an_answer_is_one_when_its_token_comes_again_beyond_the_grace(status):
    def shown_again(at):
        return begun().at(2.0, "refresh", status, session="s", shown="r0", retry_after=True).fault("cut", 1.9, 3.0).at(at, "refresh", 401, session="s", shown="r0")
    assert shown_again(400.0).found() == []
    assert shown_again(100.0).found() == ["session lost"]


def test_logging_out_everywhere_and_a_new_password_end_the_sessions_that_were_there():
    for what, own in (("logout_everywhere", "t"), ("change_password", "t")):
        story = begun().signed_in(2.0, session="t", given="q0").at(10.0, what, session="t", password=PASSWORD, new_password=NEXT)
        if what == "change_password":
            story.letter(10.5, kind="password_changed")
        assert story.request(15.1, node="two").found() == ["token after logout"], what
    begun_later = begun().signed_in(2.0, session="t", given="q0").at(10.0, "logout_everywhere", session="t")
    assert begun_later.at(10.005, "login", session="u", given="p0", password=PASSWORD).request(20.0, session="u").found() == []


def test_a_new_password_leaves_the_session_that_asked_for_it():
    story = begun().at(10.0, "change_password", session="s", password=PASSWORD, new_password=NEXT).letter(11.0, kind="password_changed")
    assert story.request(20.0).found() == []
    assert story.request(21.0, 401).found() == ["session lost"]


def test_the_node_that_answered_the_logout_refuses_at_once():
    assert begun().at(10.0, "logout", session="s").request(10.02).found() == ["token after logout"]
    assert begun().at(10.0, "logout", session="s").request(10.005).found() == []           # under way beside it


def test_a_node_that_ended_all_sessions_knows_no_sooner_of_those_that_ended_elsewhere():
    everywhere = lambda: begun().signed_in(2.0, session="t", given="q0").at(10.0, "logout_everywhere", session="t")
    assert everywhere().request(10.02).found() == ["token after logout"]
    assert everywhere().at(9.0, "logout", session="s", node="two").request(10.02).found() == []
    assert everywhere().at(9.0, "logout", session="s", node="two").request(14.02).found() == ["token after logout"]


# --- API keys ------------------------------------------------------------------------


def with_key():
    return begun().at(2.0, "make_key", key="k")


def test_keys_are_kept_and_die_within_the_bound():
    assert with_key().at(3.0, "key_request", 401, key="k", node="two").found() == ["key lost"]
    removed = lambda: with_key().at(4.0, "remove_key", key="k")
    assert removed().at(9.1, "key_request", key="k", node="two").found() == ["key after removal"]
    assert removed().at(4.02, "key_request", key="k").found() == ["key after removal"]
    assert removed().at(9.0, "key_request", key="k", node="two").at(9.1, "key_request", 401, key="k").found() == []
    unknown = with_key().at(4.0, "remove_key", UNANSWERED, key="k").fault("kill", 4.0, 5.0)
    assert unknown.at(9.0, "key_request", 401, key="k", node="two").found() == []


# --- Letters -------------------------------------------------------------------------


def test_every_acknowledged_letter_left_or_waits():
    lost = Story().at(0.0, "register", 201, password=PASSWORD)
    assert lost.found() == ["letter lost"]
    lost.told.waiting.append(Letter("verify_address", ADA))
    assert lost.found() == []
    assert begun().at(3.0, "change_password", session="s", password=PASSWORD, new_password=NEXT).found() == ["letter lost"]


def test_two_changes_are_two_letters():
    story = begun().at(3.0, "change_password", session="s", password=PASSWORD, new_password=NEXT)
    story.at(4.0, "change_password", session="s", password=NEXT, new_password="third").letter(5.0, kind="password_changed")
    assert story.found() == ["letter lost"]
    assert story.letter(6.0, kind="password_changed").found() == []


@pytest.mark.parametrize("what, node, excused", [("kill", "one", True), ("cut", "one", True), ("half_open", "one", True), ("deaf", "one", True),
                                                 ("postgres", ALL, True), ("pause", "one", True), ("kill", "two", False),
                                                 ("clock", "one", False), ("restart", "one", False), ("temp_files", ALL, False)])
def test_what_may_send_a_letter_twice(what, node, excused):
    assert twice(lambda story: story.fault(what, 0.4, 3.0, node)).found() == ([] if excused else ["letter twice"])


def test_two_letters_for_one_registration_are_one_too_many():
    assert Story().registered().letter(1.0).found() == ["letter twice"]


# --- Answers -------------------------------------------------------------------------


def unavailable(at, **more):
    more.setdefault("status", 503)
    more.setdefault("retry_after", True)
    return begun().fault("postgres", 5.0, 7.0, ALL).at(at, "refresh", session="s", shown="r0", **more)


def test_failures_end_with_the_recovery():
    assert unavailable(6.0).found() == unavailable(8.9).found() == unavailable(4.9, lasting=0.2).found() == []
    assert unavailable(9.1).found() == unavailable(4.0).found() == ["unavailable"]
    assert unavailable(9.1, status=UNANSWERED).found() == ["unavailable"]


def test_a_fault_of_another_node_excuses_only_who_waits_for_what_it_holds():
    quiet = begun().fault("pause", 5.0, 15.0, "two").at(6.0, "refresh", 503, session="s", shown="r0", retry_after=True)
    assert quiet.found() == ["unavailable"]
    held = begun().fault("pause", 5.0, 15.0, "two").at(5.0, "refresh", UNANSWERED, session="s", shown="r0", node="two", lasting=3.0)
    assert held.at(9.0, "refresh", 503, session="s", shown="r0", retry_after=True).found() == []
    assert held.at(18.0, "refresh", 503, session="s", shown="r0", retry_after=True).found() == ["unavailable"]


def refused_request(at, what="postgres", node=ALL):
    return begun().fault(what, 5.0, 12.0, node).request(at, 503, retry_after=True)


def test_a_proxied_request_fails_without_its_node_or_when_the_database_is_away_for_too_long():
    assert refused_request(6.0).found() == ["unavailable"]
    assert refused_request(8.1).found() == refused_request(6.0, "kill", "one").found() == []


@pytest.mark.parametrize("what", ["redis_kill", "redis_gone", "redis_pause", "redis_failover", "redis_refuses", "sentinels"])
def test_what_becomes_of_redis_excuses_nobody(what):
    for node in (REDIS, "one"):
        assert begun().fault(what, 5.0, 12.0, node).at(6.0, "refresh", 503, session="s", shown="r0", retry_after=True).found() == ["unavailable"]
    assert refused_request(6.0, what, REDIS).found() == ["unavailable"]
    assert twice(lambda story: story.fault(what, 0.4, 3.0, REDIS)).found() == ["letter twice"]


def test_both_stores_away_are_as_the_database_away():
    assert begun().fault("both", 5.0, 7.0, ALL).at(6.0, "refresh", 503, session="s", shown="r0", retry_after=True).found() == []
    assert refused_request(6.0, "both").found() == ["unavailable"]


def test_no_fault_excuses_an_internal_error_or_a_missing_retry_after():
    assert unavailable(6.0, status=500).found() == ["internal error"]
    assert unavailable(6.0, retry_after=False).found() == ["no Retry-After"]
