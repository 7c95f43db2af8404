"""Planted ratios are found, chance is not taken for one, and an unquiet machine proves nothing."""

import random

import pytest

import ratio


def planted(centre, noise, rounds, seed):
    """Ratios of paired rounds: each of two measurements is off by some of the noise."""
    chance = random.Random(seed)
    return [centre * chance.lognormvariate(0, noise) / chance.lognormvariate(0, noise) for _ in range(rounds)]


def run(centre, noise, seed, of_itself=1.0):
    """A whole run, round by round, as against.py does it."""
    new, old = planted(centre, noise, ratio.MOST_ROUNDS, seed), planted(of_itself, noise, ratio.MOST_ROUNDS, seed + 1000)
    rounds = 0
    while ratio.wants_more(new[:rounds], old[:rounds]):
        rounds += 1
    return ratio.Verdict(new[:rounds], old[:rounds])


@pytest.mark.parametrize("seed", range(20))
def test_a_planted_ratio_of_1_05_is_found(seed):
    verdict = run(1.05, 0.01, seed)
    assert not verdict.passes() and verdict.why_void() is None and verdict.exit_status() == 1
    assert verdict.new.low <= 1.05 * 1.02 and verdict.new.high >= 1.05 / 1.02
    assert str(verdict).startswith("fails: ")


@pytest.mark.parametrize("centre", [1.00, 0.90, 1.01])
@pytest.mark.parametrize("seed", range(10))
def test_none_and_a_gain_and_what_is_allowed_pass(centre, seed):
    verdict = run(centre, 0.01, seed)
    assert verdict.passes() and verdict.exit_status() == 0, verdict
    assert str(verdict).startswith("passes: ")


def test_few_rounds_suffice_on_a_quiet_machine_and_an_unquiet_one_gets_more():
    assert run(1.0, 0.005, 1).rounds == ratio.FEWEST_ROUNDS
    unquiet = run(1.0, 0.04, 1)
    assert ratio.FEWEST_ROUNDS < unquiet.rounds <= ratio.MOST_ROUNDS


@pytest.mark.parametrize("centre", [1.00, 1.05, 0.5])
def test_sixty_wide_rounds_are_void_whatever_they_say(centre):
    verdict = run(centre, 0.3, 7)
    assert verdict.rounds == ratio.MOST_ROUNDS
    assert not verdict.passes() and verdict.exit_status() == 2
    assert str(verdict).startswith("void: ") and "60 rounds" in str(verdict)


def test_a_run_whose_control_is_wide_is_void_though_the_other_is_not():
    verdict = ratio.Verdict(planted(1.0, 0.001, 60, 1), planted(1.0, 0.3, 60, 2))
    assert verdict.exit_status() == 2 and "old ÷ itself" in verdict.why_void()


def test_a_run_in_which_the_old_one_is_slower_than_itself_is_void():
    assert run(1.05, 0.005, 3, of_itself=1.05).exit_status() == 2
    assert run(1.00, 0.005, 3, of_itself=0.90).exit_status() == 2


def test_one_round_in_three_that_was_disturbed_is_not_believed():
    ratios = [1.0, 1.001, 0.999] * 10 + [1.8] * 15
    random.Random(1).shuffle(ratios)
    assert ratio.bootstrap(ratios).median == pytest.approx(1.001, abs=0.002)


def test_the_interval_is_that_of_the_median_and_the_same_for_the_same_rounds():
    ratios = planted(1.03, 0.02, 31, 5)
    one, other = ratio.bootstrap(ratios), ratio.bootstrap(ratios)
    assert (one.low, one.high) == (other.low, other.high)
    assert min(ratios) <= one.low <= one.median <= one.high <= max(ratios)
    assert ratio.bootstrap([1.0] * 15).low == ratio.bootstrap([1.0] * 15).high == 1.0


def test_an_interval_that_touches_the_limit_passes_and_one_above_does_not():
    quiet = [1.0] * 15
    assert ratio.Verdict([1.02] * 15, quiet).passes()
    assert not ratio.Verdict([1.0201] * 15, quiet).passes()


def test_95_of_100_intervals_hold_the_planted_ratio():
    hits = sum(each.low <= 1.0 <= each.high for each in (ratio.bootstrap(planted(1.0, 0.02, 25, seed)) for seed in range(100)))
    assert hits >= 88


@pytest.mark.parametrize("centre, status", [(1.45, 0), (1.55, 1)])
def test_another_limit_is_held_to(centre, status):
    new, old = planted(centre, 0.005, 20, 1), planted(1.0, 0.005, 20, 2)
    verdict = ratio.Verdict(new, old, 1.5)
    assert verdict.exit_status() == status and "1.5" in str(verdict)
    assert ratio.Verdict(new, old).exit_status() == 1
