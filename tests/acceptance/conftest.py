import pytest

from profiles import STORES, Profile, harness


@pytest.fixture(scope="session")
def echo():
    application = harness.Echo()
    yield application
    application.stop()


@pytest.fixture(scope="module", params=STORES)
def gateway(request, echo, tmp_path_factory):
    """The profile that the module names, on each store."""
    name = request.module.PROFILE
    program = Profile(name, request.param, echo.port, tmp_path_factory.mktemp(name))
    yield program
    program.stop()
