"""Where honest clients end and attackers begin: each limit from both sides."""

import pytest

import application
import frames
import servers
from frames import continuation, data, headers, literal, ping, reset, window_update
from peer import Peer


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    behind = application.Application()
    one = servers.yett(tmp_path_factory.mktemp("gateway"), behind.port, logging={"access": "off"})
    yield one
    one.stop()
    behind.stop()


def is_over(peer):
    return peer.closed or peer.goaway not in (None, frames.NO_ERROR)


def is_cut(peer, patience=3):
    """Whether the connection was ended as an attacker's."""
    return peer.until(lambda: is_over(peer), patience)


def provoked(peer, count):
    """So many streams that the server has to reset."""
    for stream in range(1, 2 * count, 2):
        peer.send(peer.to.get(stream, path="/slow/1000") + window_update(stream, 0))
    return peer


@pytest.mark.parametrize("count, ends", [(60, False), (150, True)])
def test_streams_that_we_are_made_to_reset(program, count, ends):
    with Peer(program) as peer:
        provoked(peer, count)
        assert is_cut(peer, 3 if ends else 0.3) == ends
        assert ends or peer.answers()


def test_resets_before_our_head_end_the_connection(program):
    with Peer(program) as peer:
        for stream in range(1, 20_000, 2):
            peer.send(peer.to.get(stream, path="/slow/1000") + reset(stream))
        assert is_cut(peer)


def test_resets_behind_our_head_do_not(program):
    """What gRPC clients do all day: the head has come, the rest is not wanted."""
    with Peer(program) as peer:
        for stream in range(1, 6000, 2):
            peer.send(peer.to.get(stream, path="/bytes/20"))
            assert peer.until(lambda: peer.reply(stream).status == 200)
            peer.send(reset(stream))
        assert peer.answers() and peer.goaway is None


@pytest.mark.parametrize("count, ends", [(8, False), (9, True), (200, True)])
def test_continuations(program, count, ends):
    with Peer(program) as peer:
        peer.send(headers(1, peer.to.asked(), flags=0))
        for number in range(count):
            peer.send(continuation(1, literal(f"x-{number}", "v"), last=number == count - 1))
        peer.until(lambda: peer.reply(1).over(), 3)
        assert is_cut(peer, 3 if ends else 0.1) == ends
        assert (peer.reply(1).status == 200) != ends


@pytest.mark.parametrize("count, ends", [(50, False), (150, True)])
def test_pings_with_nothing_to_do(program, count, ends):
    with Peer(program) as peer:
        for number in range(count):
            peer.send(ping(b"%08d" % number))
            peer.until(lambda: len(peer.pongs) == number + 1 or is_over(peer))
        assert is_cut(peer, 3 if ends else 0.1) == ends


def test_pings_that_nobody_waits_for(program):
    """A thousand in one go: they are not gathered up until they could all be answered."""
    with Peer(program) as peer:
        peer.send(ping() * 1000)
        assert is_cut(peer)


def test_the_bandwidth_probes_of_grpc_live(program):
    """A PING for each piece of a long body, as gRPC's clients measure how far they are."""
    with Peer(program, grants=True) as peer:
        peer.send(peer.to.post(1))
        for number in range(400):
            peer.send(data(1, bytes(100)) + ping(b"%08d" % number))
            assert peer.until(lambda: len(peer.pongs) == number + 1), f"PING {number}"
        peer.send(data(1, end=True))
        assert peer.until(lambda: peer.reply(1).over()) and peer.reply(1).status == 200


@pytest.mark.parametrize("fields", [
    [("x-many", "v")] * 150, [("x-large", "v" * 20_000)], [("cookie", "a=1")] * 300, [("x-" + "n" * 20_000, "v")],
], ids=["many", "large", "crumbs", "a long name"])
def test_too_much_in_a_head_is_refused_and_the_next_is_served(program, fields):
    """431 or a reset; never the end of everybody else's streams, unless the block itself has too many pieces."""
    with Peer(program) as peer:
        block = peer.to.asked(*fields)
        parts = [block[at:at + 16000] for at in range(0, len(block), 16000)]
        peer.send(headers(1, parts[0], flags=0) + b"".join(continuation(1, part, last=False) for part in parts[1:]) + continuation(1, b""))
        assert peer.until(lambda: peer.reply(1).over())
        assert peer.reply(1).status in (431, None)
        assert peer.ask(3).status == 200


def test_what_is_said_by_an_index_counts_each_time(program):
    with Peer(program) as peer:
        peer.send(headers(1, peer.to.asked() + frames.remembered("x-bomb", "b" * 3000) + frames.indexed(62) * 90))
        peer.until(lambda: peer.reply(1).over() or peer.goaway is not None)
        assert peer.reply(1).status in (431, None)


def test_two_thousand_honest_requests_on_one_connection(program):
    with Peer(program) as peer:
        for first in range(1, 4000, 100):
            peer.send(b"".join(peer.to.get(stream) for stream in range(first, first + 100, 2)))
            assert peer.until(lambda: all(peer.reply(stream).over() for stream in range(first, first + 100, 2)))
        assert all(peer.reply(stream).status == 200 for stream in range(1, 4000, 2)) and peer.goaway is None
