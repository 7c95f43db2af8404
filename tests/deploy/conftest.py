import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))

from fixtures import echo, start  # noqa: E402, F401
from clients import Node  # noqa: E402
from topology import Topology  # noqa: E402


@pytest.fixture(scope="session")
def fleet():
    """The services of deploy/compose."""
    topology = Topology()
    yield topology
    topology.stop()


@pytest.fixture(scope="session")
def nodes(fleet):
    return Node(fleet, "yett-1"), Node(fleet, "yett-2")
