import pytest

from profiles import Profile  # which says where the next is found
from fixtures import echo  # noqa: F401
from stores import IN_REDIS, NAMES, Stores


@pytest.fixture(scope="session")
def stores():
    made = Stores()
    yield made
    made.stop()


def pytest_generate_tests(metafunc):
    """Each store; of profiles that say so each that keeps something once more with its sessions in Redis."""
    if "gateway" in metafunc.fixturenames:
        also = [name + IN_REDIS for name in NAMES[1:]] if getattr(metafunc.module, "ALSO_IN_REDIS", False) else []
        metafunc.parametrize("gateway", NAMES + also, indirect=True, scope="module")


@pytest.fixture(scope="module")
def gateway(request, echo, stores, tmp_path_factory):
    """The profile that the module names, on each store."""
    name = request.module.PROFILE
    folder = tmp_path_factory.mktemp(name)
    program = Profile(name, stores.make(request.param, folder), echo.port, folder)
    yield program
    program.stop()
