import pytest

import harness


@pytest.fixture(scope="session")
def echo():
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


@pytest.fixture(scope="module")
def gateway(echo, tmp_path_factory):
    """One gateway in front of the sample application for all tests of a file."""
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), harness.settings(echo.port))
    yield program
    program.stop()
