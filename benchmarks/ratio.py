"""What paired measurements say of the ratio of two programs, and when they say nothing."""

import random
import statistics

DRAWS = 10_000
SHARE = 0.95
WIDEST = 0.03       # either side of the median
LIMIT = 1.02
FEWEST_ROUNDS = 15
MOST_ROUNDS = 60


class Interval:
    """The median of some ratios, and where it would lie had the rounds come out a little differently."""

    def __init__(self, median, low, high):
        self.median, self.low, self.high = median, low, high

    def is_wide(self):
        return max(self.high - self.median, self.median - self.low) > WIDEST * self.median

    def __str__(self):
        return f"{self.median:.4f} [{self.low:.4f}, {self.high:.4f}]"


def bootstrap(ratios, seed=0):
    """The 95 % percentile interval of the median: `DRAWS` samples of the same size, with repetition."""
    chance = random.Random(seed)
    medians = sorted(statistics.median(chance.choices(ratios, k=len(ratios))) for _ in range(DRAWS))
    outside = round(DRAWS * (1 - SHARE) / 2)
    return Interval(statistics.median(ratios), medians[outside], medians[-1 - outside])


def wants_more(of_new, of_old, fewest=FEWEST_ROUNDS):
    """Whether another round is needed: there are too few, or an interval is wider than ± 3 %."""
    rounds = len(of_new)
    if rounds < fewest:
        return True
    return rounds < MOST_ROUNDS and (bootstrap(of_new).is_wide() or bootstrap(of_old).is_wide())


class Verdict:
    """`of_new` are new ÷ old, `of_old` old ÷ itself, a pair for each round; `limit` is what new may cost, in old's."""

    def __init__(self, of_new, of_old, limit=LIMIT):
        self.rounds, self.limit = len(of_new), limit
        self.new, self.old = bootstrap(of_new), bootstrap(of_old)

    def why_void(self):
        """What keeps the run from saying anything; None when it does say something."""
        for name, interval in (("new ÷ old", self.new), ("old ÷ itself", self.old)):
            if interval.is_wide():
                return f"{name} is {interval} after {self.rounds} rounds, wider than ± {WIDEST:.0%}"
        if self.old.low > LIMIT or self.old.high < 1 / LIMIT:
            return f"old ÷ itself is {self.old}: the places of the two programs differ"
        return None

    def passes(self):
        return self.why_void() is None and self.new.low <= self.limit

    def __str__(self):
        if why := self.why_void():
            return f"void: {why}"
        if self.passes():
            return f"passes: new ÷ old is not wholly above {self.limit}"
        return f"fails: new ÷ old is wholly above {self.limit}"

    def exit_status(self):
        """0 passes, 1 fails, 2 void."""
        return 2 if self.why_void() else 0 if self.passes() else 1
