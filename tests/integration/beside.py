"""Tests that mostly wait, begun together: a file takes as long as the longest of them, or as they take so many at a time."""

import concurrent.futures
import contextlib

import harness


class Beside:
    """What is marked by it is begun with `begun`, each in a thread; the tests are told what came of it.

    A function gets what `begun` was given, a folder of its own, and a way to start what has a `stop`, as the fixture `start` does.
    """

    def __init__(self):
        self.waiting = {}

    def __call__(self, rows=None):
        """With `rows` once for each of them, which comes last."""
        def remember(function):
            for row in [None] if rows is None else rows:
                name = function.__name__ + ("" if row is None else f": {row}")
                self.waiting[name] = (function, [] if row is None else [row])
            return function
        return remember

    @contextlib.contextmanager
    def begun(self, folders, *given, at_once=None):
        """By name, what may be asked for its `result()`."""
        harness.certificates()                    # what all of them share is made once
        folder_of = {name: folders.mktemp("beside") for name in self.waiting}

        def run(name):
            function, row = self.waiting[name]
            with contextlib.ExitStack() as behind:
                def start(thing):
                    behind.callback(thing.stop)
                    return thing
                function(*given, folder_of[name], start, *row)
        with concurrent.futures.ThreadPoolExecutor(at_once or len(self.waiting)) as pool:
            yield {name: pool.submit(run, name) for name in self.waiting}
