"""Applications of several servers of which some fail: what clients see of it, and how often a request arrives."""

import collections
import concurrent.futures
import itertools
import http.client
import re
import signal
import socket
import struct
import threading
import time

import pytest

import harness


class Server(harness.ScriptedUpstream):
    """Answers well until it is told to do something else; counts how often each request came."""

    def __init__(self):
        self.does = None
        self.seen = collections.Counter()
        super().__init__(self.reply)

    def reply(self, head, connection):
        with self.lock:
            self.seen[head.split(b" ")[1].decode()] += 1
        return self.does(head, connection) if self.does else self.OK

    @property
    def name(self):
        return f"127.0.0.1:{self.port}"


def reset(_, connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def reset_behind_head(head, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
    reset(head, connection)


def reset_behind_head_of_chunks(head, connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    reset(head, connection)


def fail(status, fields=b""):
    return lambda head, connection: b"HTTP/1.1 %d Bad\r\nContent-Length: 3\r\n%s\r\nbad" % (status, fields)


def silence(_, connection):
    return None


@pytest.fixture
def servers():
    made = [Server() for _ in range(3)]
    yield made
    for server in made:
        server.stop()


def configuration(servers, **changes):
    config = harness.settings(servers[0].port)
    config["upstreams"]["app"] = {"servers": [f"http://127.0.0.1:{each.port}" for each in servers], "balance": "round_robin",
                                  "reply_timeout": "500ms", **changes}
    return config


numbers = itertools.count()


def traffic(gateway, clients, rounds, meanwhile=lambda: None):
    """Methods by turns, from so many clients; what came of each, by its path, which is never used again."""
    ended = {}
    this = next(numbers)
    began = threading.Barrier(clients + 1)

    def client(number):
        connection = http.client.HTTPConnection("127.0.0.1", gateway.plain_port, timeout=20)
        began.wait()
        for turn in range(rounds):
            for method, body in (("GET", None), ("POST", b"x" * 100), ("PUT", b"x" * 100), ("DELETE", None)):
                path = f"/public/{method}/{this}/{number}/{turn}"
                connection.request(method, path, body)
                try:
                    reply = connection.getresponse()
                    ended[path] = (reply.status, reply.read())
                except (OSError, http.client.HTTPException) as broken:
                    ended[path] = (0, repr(broken))
                    connection.close()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        running = [pool.submit(client, number) for number in range(clients)]
        began.wait()
        meanwhile()
        for each in running:
            each.result()
    return ended


def check(ended, servers):
    bad = {path: result for path, result in ended.items() if "/POST/" not in path and result != (200, b"ok")}
    assert not bad
    for path in ended:
        came = sum(server.seen[path] for server in servers)
        assert came <= 1 or "/POST/" not in path, (path, came)


@pytest.mark.parametrize("does, clients, rounds", [
    (reset, 4, 20), (reset_behind_head, 4, 20), (reset_behind_head_of_chunks, 4, 20), (fail(500), 4, 20), (fail(503), 4, 20),
    (silence, 12, 1)])
def test_two_of_three_servers_fail_and_whoever_may_ask_twice_does_not_see_it(start, tmp_path, servers, does, clients, rounds):
    config = configuration(servers, retry_budget={"share": "100%", "least": "100/s"})
    gateway = start(harness.Gateway(tmp_path, config))
    check(traffic(gateway, 2, 10), servers)  # connections are kept

    def meanwhile():
        servers[0].does = servers[1].does = does
    ended = traffic(gateway, clients, rounds, meanwhile)
    check(ended, servers)
    # A POST is not hidden from a server that fails: some did.
    assert any(status != 200 for path, (status, _) in ended.items() if "/POST/" in path)
    assert gateway.metric("yett_upstream_retries_total") > 0
    assert gateway.metric("yett_upstream_retries_refused_total") == 0
    for server in servers[:2]:
        harness.wait_until(lambda: any(server.name in line.get("cause", "") for line in gateway.log(method="GET", status=200)),
                           what="the name of a server that failed")


def test_servers_that_refuse_connections_are_passed_over_whatever_is_asked(start, tmp_path, servers):
    for server in servers[:2]:
        server.stop()
    # Nothing is sent twice: no budget is spent.
    gateway = start(harness.Gateway(tmp_path, configuration(servers, retry_budget={"share": "0%", "least": "1/1h"})))
    ended = traffic(gateway, 4, 20)
    assert set(ended.values()) == {(200, b"ok")}
    assert gateway.metric("yett_upstream_retries_refused_total") == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_two_of_three_processes_are_killed_or_stopped_under_traffic(start, tmp_path, how):
    echoes = [start(harness.Echo()) for _ in range(3)]
    gateway = start(harness.Gateway(tmp_path, configuration(echoes)))
    for each in echoes:
        each.seen = collections.Counter()

    def meanwhile():
        time.sleep(0.05)
        for echo in echoes[:2]:
            echo.popen.send_signal(how)
    ended = traffic(gateway, 4, 20 if how == signal.SIGKILL else 2, meanwhile)
    for echo in echoes[:2]:
        echo.popen.send_signal(signal.SIGCONT)
    assert {status for path, (status, _) in ended.items() if "/POST/" not in path} == {200}


def test_beyond_the_budget_failures_are_passed_on_and_counted(start, tmp_path, servers):
    for server in servers:
        server.does = fail(503)
    gateway = start(harness.Gateway(tmp_path, configuration(servers, retries=1, retry_budget={"share": "20%", "least": "2/s"})))
    for turn in range(200):
        assert gateway.call("GET", f"/public/{turn}").status_code == 503
    came = sum(sum(server.seen.values()) for server in servers)
    # At most a window and a half is over: a fifth of the requests, and twenty for each window.
    assert 200 + 40 <= came <= 200 + 40 + 2 * 20
    assert gateway.metric("yett_upstream_retries_refused_total") == 400 - came


def test_who_says_when_to_come_again_is_not_asked_again(start, tmp_path, servers):
    for server in servers:
        server.does = fail(503, b"Retry-After: 7\r\n")
    gateway = start(harness.Gateway(tmp_path, configuration(servers)))
    reply = gateway.call("GET", "/public/x")
    assert reply.status_code == 503 and reply.headers["Retry-After"] == "7"
    assert sum(sum(server.seen.values()) for server in servers) == 1


def test_the_log_names_the_server_of_each_failure_and_tells_them_apart(start, tmp_path, servers):
    # One worker: each has turns of its own.
    gateway = start(harness.Gateway(tmp_path, {**configuration(servers, retries=0), "workers": 1}))
    names = [server.name for server in servers]
    servers[2].stop()
    servers[0].does, servers[1].does = reset, silence
    replies = {}
    for turn in range(3):
        path = f"/public/{turn}"
        replies[path] = gateway.call("GET", path).status_code
    lines = {}
    for path in replies:
        line = harness.wait_until(lambda: gateway.log(path=path), what="the line")[0]
        lines[line["upstream"]] = (replies[path], line["error"], re.sub(r"127\.0\.0\.1:\d+", "SERVER", line["cause"]))
        assert line["upstream"] in line["cause"]
    assert lines == {
        names[0]: (502, "upstream_unavailable", "SERVER broke off before its reply"),
        names[1]: (504, "upstream_timeout", "SERVER was silent before its reply"),
        names[2]: (502, "upstream_unavailable", "SERVER cannot be reached (Connection refused)"),
    }
