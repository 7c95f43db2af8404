"""The end of a node behind a load balancer: what it says, and whom it still serves."""

import concurrent.futures
import http.client
import signal
import socket
import time

import pytest
import requests

from harness import Gateway, settings, wait_until

DELAY = 2


def draining(start, folder, echo, delay):
    return start(Gateway(folder, settings(echo.port, client_limits={"drain_delay": delay})))


def readiness(program):
    return requests.get(program.management + "/readyz", timeout=10).status_code


def served_anew(program):
    """By a connection that is made now."""
    with socket.create_connection(("127.0.0.1", program.plain_port), timeout=10) as fresh:
        fresh.sendall(b"GET /public/b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return fresh.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_it_serves_on_for_the_delay_while_load_balancers_are_told(start, tmp_path, echo):
    program = draining(start, tmp_path, echo, f"{DELAY}s")
    kept = http.client.HTTPConnection("127.0.0.1", program.plain_port, timeout=10)
    assert readiness(program) == 200
    told = time.monotonic()
    program.popen.send_signal(signal.SIGTERM)
    wait_until(lambda: readiness(program) == 503, what="not ready")
    served = 0
    while time.monotonic() - told < DELAY * 3 / 4:
        assert served_anew(program)
        kept.request("GET", "/public/c")
        reply = kept.getresponse()
        assert reply.status == 200 and not reply.will_close
        reply.read()
        assert requests.get(program.management + "/livez", timeout=10).status_code == 200
        served += 1
    assert served >= 3
    assert program.popen.wait(20) == 0
    assert time.monotonic() - told >= DELAY
    kept.close()


def test_a_request_that_comes_in_the_delay_may_end_after_it(start, tmp_path, echo):
    program = draining(start, tmp_path, echo, "1s")
    told = time.monotonic()
    program.popen.send_signal(signal.SIGTERM)
    wait_until(lambda: readiness(program) == 503, what="not ready")
    with socket.create_connection(("127.0.0.1", program.plain_port), timeout=10) as fresh:
        fresh.sendall(b"POST /public/d HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1")
        wait_until(lambda: refuses(program), what="the end of accepting")
        assert time.monotonic() - told >= 1
        fresh.sendall(b"2")
        reply = fresh.recv(65536)
        assert reply.startswith(b"HTTP/1.1 200 ") and b"Connection: close" in reply
    assert program.popen.wait(20) == 0


def refuses(program):
    """Whether nobody listens any more; a reset is for who waited to be accepted when the listening ended."""
    try:
        socket.create_connection(("127.0.0.1", program.plain_port), timeout=2).close()
        return False
    except ConnectionResetError:
        return False
    except ConnectionRefusedError:
        return True


def test_a_second_signal_ends_the_delay(start, tmp_path, echo):
    program = draining(start, tmp_path, echo, "1h")
    program.popen.send_signal(signal.SIGTERM)
    program.wait_for('"message":"draining"')
    program.popen.send_signal(signal.SIGTERM)
    assert program.popen.wait(20) == 0


@pytest.mark.parametrize("limits", [{}, {"drain_delay": "0s"}])
def test_without_a_delay_it_refuses_at_once(start, tmp_path, echo, limits):
    open_to_all = [{"name": "all", "match": {"path": "/**"}, "access": "public", "upstream": "app"}]
    program = start(Gateway(tmp_path, settings(echo.port, routes=open_to_all, client_limits=limits)))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(program.call, "GET", "/slow/2000")
        wait_until(lambda: (program.metric("yett_upstream_connections", state="busy") or 0) >= 1, what="a running request")
        program.popen.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(program), timeout=1, what="the end of accepting")
        assert running.result().status_code == 200
    assert program.popen.wait(20) == 0
