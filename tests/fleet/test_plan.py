"""A plan is the same for the same seed, and leaves every node in peace between its faults."""

import pytest

import plan
from history import ALL, REDIS


@pytest.mark.parametrize("seed", range(20))
def test_a_node_has_one_fault_at_a_time_and_peace_after_it(seed):
    made = plan.plan(seed, 200)
    assert made == sorted(made, key=lambda each: each.at)
    for node in plan.NODES:
        own = [each for each in made if each.node in (node, ALL)]
        assert all(before.at + before.lasting + plan.PEACE[0] <= after.at for before, after in zip(own, own[1:]))


def test_the_same_seed_plans_the_same_and_another_one_does_not():
    assert plan.plan(7, 50) == plan.plan(7, 50) != plan.plan(8, 50)


def test_a_short_plan_has_one_of_each_and_a_long_one_has_all_nodes_and_both_clocks():
    assert sorted(each.what for each in plan.plan(1, len(plan.KINDS))) == sorted(plan.KINDS)
    long = plan.plan(1, 300)
    assert {each.node for each in long} == {ALL, *plan.NODES} and {each.hours for each in long} == {-1, 0, 1}


@pytest.mark.parametrize("seed", range(20))
def test_redis_has_one_fault_at_a_time_and_the_node_that_lives_on_is_not_killed(seed):
    made = plan.plan(seed, 200, plan.REDIS_KINDS, spared=(plan.LIVES_ON,))
    own = [each for each in made if each.node == REDIS or each.what == "both"]
    assert all(before.at + before.lasting + plan.PEACE[0] <= after.at for before, after in zip(own, own[1:]))
    assert not [each for each in made if each.what in ("kill", "restart") and each.node == plan.LIVES_ON]
    assert {each.what for each in made} == set(plan.REDIS_KINDS)


def test_faults_of_different_nodes_overlap():
    made = [each for each in plan.plan(3, 100) if each.node != ALL]
    assert any(after.at < before.at + before.lasting for before, after in zip(made, made[1:]))


def test_what_is_left_out_is_not_planned():
    assert "clock" not in {each.what for each in plan.plan(1, 300, plan.without(plan.KINDS, "clock"))}


def test_five_hundred_faults_fit_into_an_hour():
    assert max(plan.plan(seed, 500)[-1].at for seed in range(10)) < 3600


def test_five_hundred_faults_with_redis_fit_into_half_of_that():
    assert max(plan.plan(seed, 500, plan.REDIS_KINDS, 0.4)[-1].at for seed in range(10)) < 1800
