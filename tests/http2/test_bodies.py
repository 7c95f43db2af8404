"""Large bodies over HTTP/2 take no memory. `./dev prove http2-bodies` is the large size."""

import os

import pytest

import bodies
import servers

MARGIN_KIB = max(4096, int(os.environ.get("YETT_RSS_MARGIN_KIB", "0")))


@pytest.fixture(scope="module")
def program(echo, tmp_path_factory):
    one = servers.yett(tmp_path_factory.mktemp("gateway"), echo.port, workers=1)
    yield one
    one.stop()


@pytest.mark.parametrize("way", bodies.TRANSFERS)
def test_memory_does_not_grow_with_a_body(program, way):
    assert bodies.growth_kib(program, bodies.TRANSFERS[way], 128 * bodies.MIB) < MARGIN_KIB
