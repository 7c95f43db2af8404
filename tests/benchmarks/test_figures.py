"""What a table says of its rounds: the median, the interval of paired ratios, and whether a goal is met."""

import random
import re

import pytest

import measure
from parts.figures import Goal, Section, short, spread
from parts.page import duration, page, section_lines
from tables.table import Table


def section(of_us, of_them, **more):
    return Section("Something", "µs", [{"us": us, "them": them} for us, them in zip(of_us, of_them)], ["them"], **more)


def test_the_ratio_is_that_of_each_round_and_not_of_the_medians():
    told = section([1.0, 4.0, 6.0], [2.0, 3.0, 9.0])
    assert told.median("us") / told.median("them") == pytest.approx(4 / 3)
    assert told.quotient("us", "them").median == pytest.approx(6 / 9)


def test_the_interval_holds_the_planted_ratio_of_noisy_pairs():
    chance = random.Random(4)
    them = [chance.uniform(10, 40) for _ in range(15)]
    found = section([0.9 * each * chance.lognormvariate(0, 0.02) for each in them], them).quotient("us", "them")
    assert found.low <= 0.9 * 1.01 and found.high >= 0.9 * 0.99 and found.high - found.low < 0.06


@pytest.mark.parametrize("limit, least, median, met", [
    (0.9, False, 0.9, True), (0.9, False, 0.901, False), (1.0, True, 1.0, True), (1.0, True, 0.99, False), (1.0, True, 1.5, True)])
def test_a_goal_is_met_at_its_limit(limit, least, median, met):
    assert Goal("us", "them", limit, least).is_met(median) == met


def test_what_was_missed_and_what_was_met_is_said_with_its_interval():
    lines = section_lines(section([9.0] * 15, [10.0] * 15, goals=[Goal("us", "them", 0.95), Goal("us", "them", 0.8), Goal("nobody", "them", 1)]))
    assert "| us | 9.0 (9.0–9.0) | 0.90 [0.90, 0.90] |" in lines
    assert "- us ÷ them: 0.90 [0.90, 0.90], wanted at most 0.95: met" in lines
    assert "- us ÷ them: 0.90 [0.90, 0.90], wanted at most 0.80: **missed**" in lines
    assert not any("nobody" in line for line in lines)


def test_each_row_has_as_many_cells_as_the_head():
    for beside in ([], ["them"], ["them", "us"]):
        told = Section("Something", "µs", [{"us": 1.0, "them": 2.0}] * 3, beside)
        rows = [line for line in section_lines(told) if line.startswith("|")]
        assert {row.count("|") for row in rows} == {3 + len(beside)} and len(rows) == 4


def test_a_spread_is_the_median_with_the_least_and_the_most():
    assert spread([1, 9, 2], 0) == "2 (1–9)" and spread([1234.5], 1) == "1,234.5 (1,234.5–1,234.5)"
    assert short(section([1.0], [2.0]).quotient("us", "them")) == "0.50 [0.50, 0.50]"


def test_a_page_says_what_was_measured_how_busy_the_machine_was_and_where():
    table = Table("thing", "A thing", "\nHow it was measured.\n", 3, None)
    text = page(table, [section([1.0], [2.0]), "A word beside."], {"Commit": "abc"}, "7% busy, 0.1% stolen", 600, "thing.svg")
    for part in ("# A thing\n", "`./dev bench thing --write`", "took 10 min; 7% busy, 0.1% stolen.", "How it was measured.", "![A thing](thing.svg)",
                 "## Something", "A word beside.", "| Commit | abc |"):
        assert part in text
    assert "svg" not in page(table, [], {}, "", 1, None)


@pytest.mark.parametrize("seconds, text", [(4, "4 s"), (89, "89 s"), (90, "2 min"), (600, "10 min")])
def test_durations_are_read_at_a_glance(seconds, text):
    assert duration(seconds) == text


def test_every_table_is_in_the_list_with_the_time_it_takes():
    listed = dict(re.findall(r"^\| `(\w+)` \|.*\| (\d+) min \|$", (measure.FOLDER / "README.md").read_text(), re.M))
    assert listed == {name: str(measure.table_of(name).minutes) for name in measure.NAMES}
    assert all(measure.table_of(name).name == name and measure.table_of(name).rounds >= 5 for name in measure.NAMES)
