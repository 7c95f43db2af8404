"""One figure, or several, of each contestant in every round."""

import contextlib

SITTING = 15          # rounds


def say(text):
    print(text, flush=True)


def in_turn(names, number):
    """All of them, another one first in each round, so that a drift falls on all alike."""
    at = number % len(names)
    return names[at:] + names[:at]


def measure_rounds(contestants, rounds, measure):
    """For each round what `measure(name, contestant)` says of each, as {name: figure}; in the order of `contestants`."""
    told = []
    for number in range(rounds):
        figures = {name: measure(name, contestants[name]) for name in in_turn(list(contestants), number)}
        told.append({name: figures[name] for name in contestants})
        say(f"round {number + 1} of {rounds}: " + ", ".join(f"{name_in_words(name)} {in_words(figure)}" for name, figure in told[-1].items()))
    return told


def measure_slices(contestants, rounds, measure):
    """As `measure_rounds`, of programs that stay for a sitting, so that a round is short and what the host takes falls on all of them alike; they are
    started anew now and then, for where a process lies in memory makes some per cent of difference. `contestants` are {name: what starts it, as a
    context}; `measure(name, program)`."""
    told = []
    while len(told) < rounds:
        with contextlib.ExitStack() as sitting:
            programs = {name: sitting.enter_context(start()) for name, start in contestants.items()}
            told += measure_rounds(programs, min(SITTING, rounds - len(told)), measure)
    return told


def in_words(figure):
    if isinstance(figure, dict):
        return "/".join(map(in_words, figure.values()))
    return f"{figure:.4g}"


def each(told, key):
    """Of rounds whose figures are several the one called `key`."""
    return [{name: figure[key] for name, figure in figures.items()} for figures in told]


def name_in_words(name):
    return name if isinstance(name, str) else ", ".join(map(str, name))
