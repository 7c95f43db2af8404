"""Which clients a listener's address is for."""

import pytest
import requests

from harness import Gateway, free_port, settings, wait_until

LOOPBACKS = ("127.0.0.1", "[::1]")


def listening_at(*addresses):
    return [{"address": address} for address in addresses]


def status_at(host, port):
    return requests.get(f"http://{host}:{port}/public/a", timeout=10).status_code


def test_one_listener_serves_both_families(start, tmp_path, echo):
    program = start(Gateway(tmp_path, settings(echo.port, listeners=listening_at("[::]:0"))))
    assert [status_at(host, program.plain_port) for host in LOOPBACKS] == [200, 200]
    # Whoever comes by IPv4 is known by that address, as by a listener of IPv4.
    lines = wait_until(lambda: len(found := program.log(route="public")) == 2 and found, what="two lines in the log")
    assert {line["client_ip"] for line in lines} == {"127.0.0.1", "::1"}


@pytest.mark.parametrize("hosts", [("[::]", "0.0.0.0"), ("0.0.0.0", "[::]")])
def test_a_family_for_each_of_two_listeners_on_one_port(start, tmp_path, echo, hosts):
    port = free_port()
    start(Gateway(tmp_path, settings(echo.port, listeners=listening_at(*(f"{host}:{port}" for host in hosts)))))
    assert [status_at(host, port) for host in LOOPBACKS] == [200, 200]


def test_the_management_listener_serves_both_families(start, tmp_path, echo):
    program = start(Gateway(tmp_path, settings(echo.port, management={"address": "[::]:0"})))
    for host in LOOPBACKS:
        assert requests.get(f"http://{host}:{program.management_port}/livez", timeout=10).text == "alive\n"
