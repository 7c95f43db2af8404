"""Floods in their small size: memory stays what it was, and everybody else is answered. `./dev prove http2-floods` is the large one."""

import time

import pytest

import application
import floods
import frames
import harness
import servers
from peer import Peer

ATTACKERS = 3
SECONDS = 1.0


@pytest.fixture(scope="module")
def behind():
    app = application.Application()
    yield app
    app.stop()


@pytest.fixture(scope="module")
def program(behind, tmp_path_factory):
    one = servers.yett(tmp_path_factory.mktemp("gateway"), behind.port, logging={"access": "off"})
    yield one
    one.stop()


@pytest.mark.parametrize("name", floods.FLOODS)
def test_a_flood_is_endured(program, name):
    outcome = floods.endure(name, program, ATTACKERS, SECONDS, 1)
    assert not list(outcome.complaints()), outcome


def test_a_stream_whose_window_stays_shut_is_cut(behind, start, tmp_path):
    """And its reply is not gathered meanwhile."""
    program = start(servers.yett(tmp_path, behind.port, client_limits={"body_idle_timeout": "1s"}, workers=1))
    with Peer(program, settings=((frames.INITIAL_WINDOW_SIZE, 0),)) as peer:
        peer.ask(1, path="/bytes/0")
        before, began = program.rss_kib(), time.monotonic()
        peer.send(peer.to.get(3, path="/bytes/50000000"))
        assert peer.until(lambda: peer.reply(3).status == 200)
        assert peer.until(lambda: peer.reply(3).reset is not None, 5)
        assert 0.8 < time.monotonic() - began < 4
        assert program.rss_kib() - before < 4096
        assert peer.answers(), "one shut window is no reason to end the connection"
    assert harness.wait_until(lambda: program.log(path="/bytes/50000000"), what="its line")
