"""What a table is, to those that run and write it."""

import dataclasses
import typing


@dataclasses.dataclass
class Table:
    name: str
    title: str
    says: str                    # what was measured, and how, for whoever reads the figures
    minutes: int                 # that its rounds take
    measure: typing.Callable     # (bench, options) -> sections and texts
    rounds: int = 15
    seconds: float = 1.5         # of load for each figure


# Of a table whose programs stay for a sitting.
SLICES = {"rounds": 45, "seconds": 0.4}
