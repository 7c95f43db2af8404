import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))

import harness  # noqa: E402


@pytest.fixture(scope="session")
def echo():
    application = harness.Echo()
    yield application
    application.stop()


@pytest.fixture
def start():
    """Keeps what has to be stopped, and stops it after the test."""
    running = []

    def begin(thing):
        running.append(thing)
        return thing

    yield begin
    for thing in reversed(running):
        thing.stop()
