"""Several servers behind one upstream: who is asked, who is left alone and why, and how they come back."""

import collections
import json
import os
import signal
import subprocess
import time

import pytest
import requests

import harness


class Server(harness.ScriptedUpstream):
    """Answers with its number; `status` and `silent` may change at any time."""

    def __init__(self, number):
        self.number, self.status, self.silent = number, b"200 OK", False
        super().__init__(lambda head, connection: self.says(head))

    def says(self, head):
        if self.silent:
            return None
        body = b"%d" % self.number
        return b"HTTP/1.1 " + self.status + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def asked(self, path=b"/x"):
        with self.lock:
            return sum(head.split(b" ")[1] == path for head in self.heads)


class Program(harness.Process):
    """The sample application as a program of its own on a port that it gets again."""

    def __init__(self, port):
        self.port = port
        super().__init__([harness.BINARY, "echo", "--address", f"127.0.0.1:{port}"])
        self.wait_for(rf"127\.0\.0\.1:{port}")


@pytest.fixture
def three(start):
    return [start(Server(number)) for number in range(3)]


def config(servers, **upstream):
    made = harness.settings(1)
    made["upstreams"]["app"] = {"servers": servers, **upstream}
    made["routes"] = [{"name": "all", "match": {"path": "/**"}, "access": "optional", "upstream": "app"}]
    return made


def gateway_for(start, folder, servers, **upstream):
    return start(harness.Gateway(folder, config(servers, **upstream)))


def upstreams(gateway):
    """What `yett upstreams` says, by server."""
    done = subprocess.run([harness.BINARY, "upstreams", "--json", "--config", str(gateway.config_file)], cwd=gateway.folder,
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done
    return {row["server"]: row for row in map(json.loads, done.stdout.splitlines())}


def state(gateway, port):
    return upstreams(gateway)[f"127.0.0.1:{port}"]["state"]


def await_state(gateway, port, wanted, timeout=10.0):
    harness.wait_until(lambda: state(gateway, port) == wanted, timeout, f"{port} {wanted}")


def ready(gateway):
    reply = requests.get(gateway.management + "/readyz?verbose", timeout=10)
    return reply.status_code, next(line for line in reply.text.splitlines() if "upstream app" in line)


def get(session, gateway, times=1, path="/x", **more):
    """So many replies, counted by status and body."""
    seen = collections.Counter()
    for _ in range(times):
        reply = session.get(gateway.http + path, timeout=20, **more)
        seen[reply.status_code, reply.text[:1]] += 1
    return seen


def test_round_robin_spreads_three_thousand_requests_by_weight(three, start, tmp_path):
    weights = (3, 2, 1)
    servers = [{"url": server.url, "weight": weight} for server, weight in zip(three, weights)]
    gateway = gateway_for(start, tmp_path, servers, balance="round_robin")
    request = b"GET /x HTTP/1.1\r\nHost: app.test\r\n\r\n"
    for _ in range(10):                       # connections, which the kernel gives to two workers
        with gateway.raw() as client:
            for _ in range(300):
                client.send(request)
                data = b""
                while b"\r\n\r\n" not in data or not data.endswith((b"0", b"1", b"2")):
                    data += client.socket.recv(4096)
    for server, weight in zip(three, weights):
        assert abs(server.asked() - 500 * weight) <= 25 * weight
    harness.wait_until(lambda: gateway.metric("yett_upstream_server_requests_total", result="good") == 3000, what="3,000")
    for server, weight in zip(three, weights):
        name = f"127.0.0.1:{server.port}"
        assert gateway.metric("yett_upstream_server_requests_total", server=name, result="good") == server.asked()
        assert gateway.metric("yett_upstream_server_in_flight", server=name) == 0


def test_a_user_and_a_client_have_their_server(three, start, tmp_path):
    gateway = gateway_for(start, tmp_path, [server.url for server in three], balance="consistent_hash")
    with requests.Session() as session:
        assert len(get(session, gateway, 20)) == 1        # by client
        homes = {}
        for name in ("ada", "bob", "cleo", "dora", "emil", "fay"):
            token = gateway.user(f"{name}@example.com")["access_token"]
            seen = get(session, gateway, 10, headers={"Authorization": f"Bearer {token}"})
            assert len(seen) == 1
            homes[name] = next(iter(seen))
        assert len(set(homes.values())) > 1


def test_health_checks_take_a_server_away_and_bring_it_back(start, tmp_path):
    ports = [harness.free_port() for _ in range(3)]
    programs = [start(Program(port)) for port in ports]
    health = {"path": "/status/204", "interval": "1s", "timeout": "500ms", "healthy_after": 2, "unhealthy_after": 1}
    gateway = gateway_for(start, tmp_path, [f"http://127.0.0.1:{port}" for port in ports], balance="round_robin", health=health,
                          host={"send": "server"}, connect_timeout="1s", slow_start="1h")
    for port in ports:
        await_state(gateway, port, "up")
    assert ready(gateway) == (200, "[+] upstream app: 3 of 3 servers up")

    programs[0].kill()                                    # gone
    programs[1].popen.send_signal(signal.SIGSTOP)         # there, and silent
    await_state(gateway, ports[0], "unhealthy")
    await_state(gateway, ports[1], "unhealthy")
    status, line = ready(gateway)
    assert status == 200 and "1 of 3 servers up" in line
    assert f"127.0.0.1:{ports[0]} unhealthy for " in line and "Connection refused" in line
    away = harness.wait_until(lambda: gateway.log(message="a server is away", server=f"127.0.0.1:{ports[0]}"), what="word of it")
    assert away[0]["upstream"] == "app" and "Connection refused" in away[0]["cause"]
    assert gateway.metric("yett_upstream_server_up") == 1
    with requests.Session() as session:
        for _ in range(30):
            reply = session.get(gateway.http + "/x", timeout=20)
            assert reply.status_code == 200 and reply.json()["headers"]["Host"] == f"127.0.0.1:{ports[2]}"

    programs[1].popen.send_signal(signal.SIGCONT)
    programs[0] = start(Program(ports[0]))
    began = time.monotonic()
    await_state(gateway, ports[0], "up")
    await_state(gateway, ports[1], "up")
    assert time.monotonic() - began < 3.5                 # healthy_after + 1 intervals, and what it takes to look
    harness.wait_until(lambda: gateway.log(message="a server is back", server=f"127.0.0.1:{ports[0]}"), what="word of it")
    # With an hour to come back in, they get a tenth each of what the third one gets.
    assert upstreams(gateway)[f"127.0.0.1:{ports[0]}"]["share_percent"] == 10
    seen = collections.Counter()
    with requests.Session() as session:
        for _ in range(120):
            seen[session.get(gateway.http + "/x", timeout=20).json()["headers"]["Host"]] += 1
    assert abs(seen[f"127.0.0.1:{ports[2]}"] - 100) <= 3 and min(seen[f"127.0.0.1:{port}"] for port in ports) >= 8


def test_slow_start_ends(three, start, tmp_path):
    health = {"path": "/up", "interval": "1s", "timeout": "500ms", "healthy_after": 1, "unhealthy_after": 1}
    gateway = gateway_for(start, tmp_path, [server.url for server in three], balance="round_robin", health=health, slow_start="2s")
    three[0].status = b"503 Service Unavailable"
    await_state(gateway, three[0].port, "unhealthy")
    cause = upstreams(gateway)[f"127.0.0.1:{three[0].port}"]["cause"]
    assert cause == "GET /up: status 503"
    three[0].status = b"200 OK"
    await_state(gateway, three[0].port, "up")
    share = lambda: upstreams(gateway)[f"127.0.0.1:{three[0].port}"]["share_percent"]
    assert share() < 100
    harness.wait_until(lambda: share() == 100, 5, "all of its share")


def test_a_server_that_fails_is_ejected_for_a_while_but_never_more_than_half(three, start, tmp_path):
    gateway = gateway_for(start, tmp_path, [server.url for server in three], balance="round_robin", retries=0,
                          ejection={"failures": 3, "for": "2s"})
    three[0].status = three[1].status = b"500 Internal Server Error"
    with requests.Session() as session:
        get(session, gateway, 30)
        states = sorted(row["state"] for row in upstreams(gateway).values())
        assert states == ["ejected", "up", "up"]
        assert gateway.metric("yett_upstream_server_ejections_total") == 1
        ejected = next(row for row in upstreams(gateway).values() if row["state"] == "ejected")
        assert ejected["cause"] == "status 500" and ejected["bad"] >= 3
        left_alone = next(server for server in three if ejected["server"].endswith(f":{server.port}"))
        before = left_alone.asked()
        get(session, gateway, 20)
        assert left_alone.asked() == before
        three[0].status = three[1].status = b"200 OK"
        await_state(gateway, left_alone.port, "up", 5)
        assert set(get(session, gateway, 12)) == {(200, "0"), (200, "1"), (200, "2")}


def test_a_client_that_leaves_ejects_nobody(three, start, tmp_path):
    gateway = gateway_for(start, tmp_path, [server.url for server in three[:2]], ejection={"failures": 1, "for": "1m"})
    for server in three:
        server.silent = True
    for _ in range(6):
        with gateway.raw() as client:
            client.send(b"GET /x HTTP/1.1\r\nHost: app.test\r\n\r\n")
            time.sleep(0.05)
    harness.wait_until(lambda: gateway.metric("yett_upstream_server_in_flight") == 0, what="that all have left")
    assert {row["state"] for row in upstreams(gateway).values()} == {"up"}


def test_when_all_are_away_all_are_asked(three, start, tmp_path):
    health = {"path": "/wrong", "interval": "1s", "timeout": "500ms", "status": 204}
    gateway = gateway_for(start, tmp_path, [server.url for server in three], balance="round_robin", health=health)
    for server in three:
        await_state(gateway, server.port, "unhealthy")    # the first answer decides
    with requests.Session() as session:
        assert get(session, gateway, 9) == {(200, "0"): 3, (200, "1"): 3, (200, "2"): 3} or len(get(session, gateway, 9)) == 3
    assert gateway.metric("yett_upstream_server_last_resort_total") >= 9
    status, line = ready(gateway)
    assert status == 200 and "0 of 3 servers up" in line and line.endswith("requests are brought to all of them")


def test_yett_upstreams_in_words_and_without_a_program(three, start, tmp_path):
    gateway = gateway_for(start, tmp_path, [three[0].url, {"url": three[1].url, "weight": 4}])
    run = lambda *more: subprocess.run([harness.BINARY, "upstreams", *more, "--config", str(gateway.config_file)], cwd=tmp_path,
                                       capture_output=True, text=True, timeout=20)
    table = run()
    assert table.returncode == 0 and table.stdout == run("list").stdout
    lines = table.stdout.splitlines()
    assert lines[0].split()[:5] == ["UPSTREAM", "SERVER", "STATE", "SINCE", "WEIGHT"]
    assert lines[2].split()[:3] == ["app", f"127.0.0.1:{three[1].port}", "up"] and lines[2].split()[4] == "4"
    gateway.stop()
    nobody = run()
    assert nobody.returncode == 69 and "no program runs here" in nobody.stderr
