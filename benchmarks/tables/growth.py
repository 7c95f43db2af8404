"""What a request costs a program in one case, beside what it costs the same program in another."""

from parts.figures import Goal, Section
from parts.rounds import measure_rounds

from .contestants import YETT, by_name


def measure(contestants, cases, most, rounds, cost):
    """A section for each of `contestants`. `cases` is {words: case}, the first what the others are compared with, where Yett's may be
    `most` times as much; `cost(contestant, case)` is measured."""
    contestants = by_name(contestants).values()
    all_cases = {(each.name, words): (each, case) for each in contestants for words, case in cases.items()}
    told = measure_rounds(all_cases, rounds, lambda _, pair: cost(*pair))
    return [section(each, list(cases), most, told) for each in contestants]


def section(contestant, words, most, told):
    base, *others = words
    goals = [Goal(other, base, most) for other in others] if contestant is YETT["RS256"] else []
    return Section(contestant.name, "µs per request", [{each: figures[contestant.name, each] for each in words} for figures in told], [base],
                   goals=goals)
