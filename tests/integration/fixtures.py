"""What tests of several folders begin with: each folder's conftest takes what it wants."""

import pytest

import harness


@pytest.fixture(scope="session")
def echo():
    """The sample application."""
    application = harness.Echo()
    yield application
    application.stop()


@pytest.fixture
def start(tmp_path):
    """Starts gateways (or anything with `stop`) and stops them after the test."""
    running = []

    def begin(thing):
        running.append(thing)
        return thing

    yield begin
    for thing in reversed(running):
        thing.stop()
