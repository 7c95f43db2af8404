"""The bad network is as bad as it says."""

import socket
import struct
import threading
import time

import pytest

from network import Network


class Answering:
    """A server on the socket that the network leads to: it answers each piece with the same in capitals, and keeps what it heard."""

    def __init__(self, folder):
        self.heard, self.ended = [], threading.Event()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"{folder}/.s.PGSQL.5432")
        self.listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            while piece := connection.recv(1000):
                self.heard.append(piece)
                connection.sendall(piece.upper())
        self.ended.set()

    def stop(self):
        self.listener.close()


@pytest.fixture
def server(tmp_path):
    made = Answering(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def network(server, tmp_path):
    made = Network({name: [f"{tmp_path}/.s.PGSQL.5432"] for name in ("one", "two")})
    yield made
    made.stop()


def connect(network, name="one"):
    return socket.create_connection(("127.0.0.1", network.ports[name][0]), timeout=5)


def ask(connection, what=b"hello"):
    connection.sendall(what)
    return connection.recv(1000)


def serve_once(listener, answer):
    connection, _ = listener.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(answer)


def says_nothing(connection, what=b"hello"):
    connection.settimeout(0.3)
    with pytest.raises(socket.timeout):
        ask(connection, what)
    connection.settimeout(5)


def is_reset(connection):
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        for _ in range(100):
            if not ask(connection):
                raise ConnectionResetError
    return True


def test_what_is_well_passes_and_so_does_its_end(network, server):
    with connect(network) as mine:
        assert ask(mine) == b"HELLO"
    assert server.ended.wait(5)


def test_a_cut_resets_what_is_there_and_what_comes_and_leaves_the_other_link_alone(network):
    with connect(network) as mine, connect(network, "two") as other:
        assert ask(mine) == ask(other) == b"HELLO"
        network.become("one", "cut")
        assert is_reset(mine) and is_reset(connect(network)) and ask(other) == b"HELLO"
    network.become("one", "pass")
    with connect(network) as mine:
        assert ask(mine) == b"HELLO"


def test_a_link_is_mended_though_one_side_has_left_meanwhile(network):
    with connect(network) as mine:
        assert ask(mine) == b"HELLO"
        network.become("one", "half_open")
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    says_nothing(connect(network), b"so the reset has come, too")
    network.become("one", "pass")
    with connect(network) as mine:
        assert ask(mine) == b"HELLO"


def test_a_deaf_link_carries_the_question_and_not_the_answer(network, server):
    with connect(network) as mine:
        assert ask(mine) == b"HELLO"
        network.become("one", "deaf")
        says_nothing(mine, b"question")
        assert server.heard[-1] == b"question"
        network.become("one", "pass")
        assert is_reset(mine)                                   # its stream has a hole


def test_a_half_open_link_carries_nothing_and_tells_nobody(network, server):
    with connect(network) as mine:
        assert ask(mine) == b"HELLO"
        network.become("one", "half_open")
        says_nothing(mine, b"question")
        with connect(network) as new:
            says_nothing(new, b"question")
        assert b"question" not in server.heard
        network.become("one", "pass")
        assert is_reset(mine)


def test_a_guide_names_the_ways_of_the_link(server, tmp_path):
    """As a sentinel does, that names a port which the node must not find by itself."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        guide = threading.Thread(target=lambda: serve_once(other, f"*1\r\n$5\r\n{port}\r\n".encode()), daemon=True)
        guide.start()
        made = Network({"one": [port, f"@{port}"]})
        try:
            with socket.create_connection(("127.0.0.1", made.ports["one"][1]), timeout=5) as mine:
                assert ask(mine) == f"*1\r\n$5\r\n{made.ports['one'][0]}\r\n".encode()
        finally:
            made.stop()


def test_a_delay_holds_up_each_way(network):
    with connect(network) as mine:
        network.become("one", "delay", 0.1)
        began = time.monotonic()
        assert ask(mine) == b"HELLO" and time.monotonic() - began >= 0.2
