"""How busy the machine was, and how much of it others had."""

import pathlib


def read(text):
    """(ticks of all kinds, ticks at work, ticks stolen), of all processors, as /proc/stat tells."""
    ticks = list(map(int, text.splitlines()[0].split()[1:9]))
    idle, waiting, stolen = ticks[3], ticks[4], ticks[7]
    total = sum(ticks)
    return total, total - idle - waiting - stolen, stolen


class Machine:
    """The shares of busy and stolen time since it was made."""

    def __init__(self, file="/proc/stat"):
        self.file = pathlib.Path(file)
        self.before = read(self.file.read_text())

    def shares(self):
        total, busy, stolen = (now - then for now, then in zip(read(self.file.read_text()), self.before))
        return {"busy": busy / total, "stolen": stolen / total} if total else {"busy": 0.0, "stolen": 0.0}

    def __str__(self):
        shares = self.shares()
        return f"{shares['busy']:.0%} of the machine busy, {shares['stolen']:.1%} stolen by its host"
