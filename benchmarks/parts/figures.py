"""Figures of paired rounds, and what they say."""

import dataclasses
import statistics

import ratio


@dataclasses.dataclass
class Goal:
    """What `row` may be at most, in `beside`'s; at least, where more is better."""

    row: str
    beside: str
    limit: float
    least: bool = False

    def is_met(self, median):
        return median >= self.limit if self.least else median <= self.limit


@dataclasses.dataclass
class Section:
    """Some programs, or some cases, measured in the same rounds: each round is {name: figure}."""

    title: str
    unit: str
    rounds: list
    beside: list                       # whose figure of the same round the others are divided by
    digits: int = 1
    goals: list = dataclasses.field(default_factory=list)

    def names(self):
        return list(self.rounds[0])

    def of(self, name):
        return [figures[name] for figures in self.rounds]

    def median(self, name):
        return statistics.median(self.of(name))

    def quotient(self, name, beside):
        """The median of the rounds' ratios with its interval. What is not a figure is not compared."""
        return ratio.bootstrap([figures[name] / figures[beside] for figures in self.rounds])


def spread(values, digits=2):
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def short(interval):
    return f"{interval.median:.2f} [{interval.low:.2f}, {interval.high:.2f}]"
