"""An application that has more requests than it can bear: how many reach it, who waits, who is refused."""

import concurrent.futures
import socket
import struct
import threading
import time

import harness


class Busy(harness.ScriptedUpstream):
    """Takes its time, and knows how many requests it had at once."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.now = self.most = 0
        self.order = []
        super().__init__(self.reply)

    def reply(self, head, connection):
        with self.lock:
            self.order.append(head.split(b" ")[1].decode())
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(self.seconds)
        with self.lock:
            self.now -= 1
        return self.OK


def configuration(port, **requests):
    config = harness.settings(port, workers=1)
    config["upstreams"]["app"]["requests"] = {"per_client": "100%", **requests}
    return config


def ask_all(gateway, paths):
    with concurrent.futures.ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(lambda path: gateway.call("GET", path), paths))


def test_no_more_than_so_many_reach_the_application_and_the_others_wait(start, tmp_path):
    app = Busy(0.1)
    gateway = start(harness.Gateway(tmp_path, configuration(app.port, most=3, queue=100, wait="5s")))
    replies = ask_all(gateway, [f"/public/{n}" for n in range(12)])
    assert [reply.status_code for reply in replies] == [200] * 12
    assert app.most == 3
    assert gateway.metric("yett_upstream_requests_limit", upstream="app") == 3
    gateway.await_metric(0, "yett_upstream_bounded_requests", upstream="app")
    app.stop()


def test_who_cannot_be_served_in_time_is_told_when_to_come_again_and_is_counted(start, tmp_path):
    app = Busy(2)
    gateway = start(harness.Gateway(tmp_path, configuration(app.port, most=1, queue=2, wait="300ms")))
    replies = ask_all(gateway, [f"/public/{n}" for n in range(8)])
    refused = [reply for reply in replies if reply.status_code == 503]
    assert len(refused) == 7 and app.most == 1
    assert all(reply.headers["Retry-After"] == "1" and reply.json()["code"] == "overloaded" for reply in refused)
    gateway.await_metric(7, "yett_upstream_requests_total", upstream="app", result="overloaded")
    harness.wait_until(lambda: len(gateway.log(status=503)) == 7, what="their lines")
    assert {line["cause"] for line in gateway.log(status=503)} == {"its turn did not come in time: 1 are under way"}
    app.stop()


def test_accounts_are_served_while_the_application_is_full(start, tmp_path):
    app = Busy(2)
    gateway = start(harness.Gateway(tmp_path, configuration(app.port, most=1, queue=50, wait="3s")))
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        running = [pool.submit(gateway.call, "GET", f"/public/{n}") for n in range(20)]
        harness.wait_until(lambda: gateway.metric("yett_upstream_bounded_requests", state="waiting") == 19, what="a full queue")
        began = time.monotonic()
        token = gateway.user()["access_token"]
        assert gateway.call("GET", "/auth/me", token).status_code == 200
        assert time.monotonic() - began < 1
        gateway.stop()
        for each in running:
            each.exception()
    app.stop()


def test_a_client_that_leaves_makes_room(start, tmp_path):
    app = Busy(1.5)
    gateway = start(harness.Gateway(tmp_path, configuration(app.port, most=1, queue=50, wait="5s")))
    first = threading.Thread(target=gateway.call, args=("GET", "/public/first"))
    first.start()
    harness.wait_until(lambda: app.now == 1, what="the first")
    with gateway.raw() as leaving:
        leaving.send(b"GET /public/leaving HTTP/1.1\r\nHost: a\r\n\r\n")
        harness.wait_until(lambda: gateway.metric("yett_upstream_bounded_requests", state="waiting") == 1, what="the second")
        # A FIN alone would say that no more is asked.
        leaving.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    harness.wait_until(lambda: gateway.metric("yett_upstream_bounded_requests", state="waiting") == 0, what="its leave")
    assert gateway.call("GET", "/public/third").status_code == 200
    first.join()
    assert app.order == ["/public/first", "/public/third"]
    app.stop()


def test_an_adaptive_bound_keeps_an_application_from_drowning(start, tmp_path):
    """One that works on two requests at a time and lets the others wait inside of it."""
    at_work = threading.Semaphore(2)

    def answer(head, connection):
        with at_work:
            time.sleep(0.02)
        return harness.ScriptedUpstream.OK
    app = harness.ScriptedUpstream(answer)
    bound = {"most": 200, "queue": 200, "wait": "5s", "adaptive": {"least": 2, "interval": "60s"}}
    gateway = start(harness.Gateway(tmp_path, configuration(app.port, **bound)))
    limits = []

    def ask(client):
        for _ in range(12):
            assert gateway.call("GET", f"/public/{client}").status_code == 200
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        running = [pool.submit(ask, client) for client in range(24)]
        while not all(each.done() for each in running):
            limits.append(gateway.metric("yett_upstream_requests_limit"))
            time.sleep(0.05)
        for each in running:
            each.result()
    assert min(limits) == 2 and 2 < max(limits) <= 12, sorted(set(limits))
    app.stop()
