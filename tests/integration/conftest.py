import pytest

import harness
from fixtures import echo, start  # noqa: F401
from postgres_server import PostgresServer


# An application that keeps the heads it gets; a file that wants other answers of it has its own.
@pytest.fixture(scope="module")
def upstream():
    server = harness.ScriptedUpstream()
    yield server
    server.stop()


@pytest.fixture
def start_nodes(start, tmp_path):
    """Starts so many gateways of one configuration; each has a folder of its own."""
    def begin(count, configuration):
        nodes = []
        for number in range(count):
            folder = tmp_path / f"node{number}"
            folder.mkdir()
            nodes.append(start(harness.Gateway(folder, configuration)))
        return nodes
    return begin


# A file that wants another one of it, or one for each test, has its own.
@pytest.fixture(scope="module")
def postgres():
    server = PostgresServer()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def url_of():
    """The storage.url of an empty store: itself, or a database of its own on a server that is started when one is wanted."""
    servers = []

    def find(store):
        if store != "postgresql:":
            return store
        if not servers:
            servers.append(PostgresServer())
        return servers[0].url(servers[0].make_database())

    yield find
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def gateway(echo, tmp_path_factory):
    """One gateway in front of the sample application for all tests of a file."""
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), harness.settings(echo.port))
    yield program
    program.stop()
