"""What every promise asks of a history."""

import collections


def by(name, operations):
    """Operations by one of their members, in the order of their starts; those that lack it are left out."""
    groups = collections.defaultdict(list)
    for each in sorted(operations, key=lambda one: one.start):
        if key := getattr(each, name):
            groups[key].append(each)
    return groups


def reach(ending, node, bounds):
    """From when on `node` has to refuse what `ending` ended."""
    return ending.end + (0.0 if node == ending.node else bounds.staleness)
