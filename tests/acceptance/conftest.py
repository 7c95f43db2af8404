import pytest

from profiles import Profile  # which says where the next is found
from fixtures import echo  # noqa: F401
from stores import NAMES, Stores


@pytest.fixture(scope="session")
def stores():
    made = Stores()
    yield made
    made.stop()


@pytest.fixture(scope="module", params=NAMES)
def gateway(request, echo, stores, tmp_path_factory):
    """The profile that the module names, on each store."""
    name = request.module.PROFILE
    folder = tmp_path_factory.mktemp(name)
    program = Profile(name, stores.make(request.param, folder), echo.port, folder)
    yield program
    program.stop()
