"""Connections that HAProxy and nginx bring, by the lines of docs/recipes/proxy-protocol.md, and what strangers say to such a listener."""

import json
import re
import shutil
import socket
import ssl
import struct

import pytest
import yaml

import harness
from test_recipes import NGINX, RECIPES, edited, free_port

CHAPTER = "proxy-protocol.md"
PROXY = "127.0.0.1"
CLIENT = "127.0.0.9"            # not the address that the proxies have
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def block(language):
    [lines] = re.findall(rf"^```{language}\n(.*?)^```", (RECIPES / CHAPTER).read_text(), re.M | re.S)
    return lines


def v2(command, family=0, body=b""):
    return SIGNATURE + struct.pack("!BBH", 0x20 | command, family, len(body)) + body


def v4(client, port=51234):
    return socket.inet_aton(client) + socket.inet_aton("198.51.100.1") + struct.pack("!HH", port, 443)


@pytest.fixture
def gateway(start, echo, tmp_path):
    """Yett as the chapter configures it, with a listener in clear beside it."""
    config = yaml.safe_load(edited(block("yaml"), **{
        "127.0.0.1:4443": "127.0.0.1:0", "127.0.0.1:4090": "127.0.0.1:0", "http://127.0.0.1:9000": f"http://127.0.0.1:{echo.port}",
        "fullchain.pem": "certs/leaf.crt", "key.pem": "certs/leaf.key", "10.0.0.0/8": f"{CLIENT}/32"}))
    config["listeners"].append({"address": "127.0.0.1:0", "proxy_protocol": "required"})
    config["routes"].insert(0, {"name": "public", "match": {"path": "/public/**"}, "access": "public", "upstream": "app"})
    config["client_limits"] = {"connections_per_client": 3, "handshake_timeout": "1s"}
    config["accounts"] = {"registration": "closed"}
    config["logging"] = {"access": "stdout", "audit": "stdout", "format": "json"}
    return start(harness.Gateway(tmp_path, config))


def haproxy(folder, port, gateway, sends):
    lines = edited(block("haproxy"), **{"bind :443": f"bind 127.0.0.1:{port}", "127.0.0.1:4443": f"127.0.0.1:{gateway.tls_port}",
                                        "port 4090": f"port {gateway.management_port}", "send-proxy-v2": sends})
    (folder / "haproxy.cfg").write_text(lines)
    return harness.Process(["haproxy", "-db", "-f", folder / "haproxy.cfg"])


def nginx(folder, port, gateway, _):
    lines = edited(block("nginx"), **{"listen 443": f"listen 127.0.0.1:{port}", "127.0.0.1:4443": f"127.0.0.1:{gateway.tls_port}"})
    module = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n"
    (folder / "nginx.conf").write_text(f"{module}daemon off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{}}\n{lines}")
    return harness.Process([NGINX, "-e", "stderr", "-c", folder / "nginx.conf"])


@pytest.fixture(params=[(haproxy, "send-proxy-v2"), (haproxy, "send-proxy"), (haproxy, "send-proxy-v2-ssl-cn proxy-v2-options unique-id,crc32c"),
                        (nginx, None)], ids=["haproxy-v2", "haproxy-v1", "haproxy-v2-tlvs", "nginx"])
def site(request, gateway, tmp_path, start):
    begin, sends = request.param
    port = free_port()
    start(begin(tmp_path, port, gateway, sends))

    def answers():
        try:
            return ask(port, gateway, "/public/x")[0] == 200
        except OSError:
            return False
    harness.wait_until(answers, 20, "a proxy in front of yett")
    return port


def exchange(connection, path, *fields):
    """(status, body)"""
    lines = "".join(f"{each}\r\n" for each in fields)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{lines}Connection: close\r\n\r\n".encode())
    data = b""
    while part := connection.recv(65536):
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]) if head else 0, body


def ask(port, gateway, path, *fields, source=CLIENT):
    with socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0)) as plain:
        with ssl.create_default_context(cafile=gateway.ca).wrap_socket(plain, server_hostname="localhost") as connection:
            return exchange(connection, path, *fields)


def say(gateway, first, source=PROXY, path="/public/x"):
    """What the listener in clear answers to a connection that begins so."""
    with socket.create_connection(("127.0.0.1", gateway.plain_port), timeout=10, source_address=(source, 0)) as connection:
        connection.sendall(first)
        try:
            return exchange(connection, path)
        except (ConnectionResetError, BrokenPipeError):
            return 0, b""


def seen(body):
    return {name.lower(): value for name, value in json.loads(body)["headers"].items()}


def refused(gateway, reason):
    return gateway.metric("yett_connections_refused_total", reason=reason) or 0


def test_the_client_arrives_and_one_that_it_makes_up_does_not(site, gateway):
    status, body = ask(site, gateway, "/public/who", "X-Forwarded-For: 6.6.6.6", "X-Real-IP: 6.6.6.6", "Forwarded: for=6.6.6.6")
    assert status == 200
    assert seen(body)["x-forwarded-for"] == seen(body)["x-real-ip"] == CLIENT
    assert seen(body)["x-forwarded-proto"] == "https" and "6.6.6.6" not in body.decode()
    line = harness.wait_until(lambda: gateway.log(path="/public/who"), what="the access log")[0]
    assert line["client_ip"] == CLIENT
    assert refused(gateway, "proxy_protocol") == 0


def test_a_network_lets_in_the_client_behind_the_balancer_and_not_another(site, gateway):
    assert ask(site, gateway, "/internal/x")[0] == 200
    assert ask(site, gateway, "/internal/x", f"X-Forwarded-For: {CLIENT}", source="127.0.0.8")[0] == 403
    assert ask(site, gateway, "/other", source="127.0.0.8")[0] == 401


def test_a_client_holds_as_many_connections_as_it_may_and_the_balancer_more(site, gateway):
    def connect(source):
        plain = socket.create_connection(("127.0.0.1", site), timeout=10, source_address=(source, 0))
        return ssl.create_default_context(cafile=gateway.ca).wrap_socket(plain, server_hostname="localhost")
    held = [connect(f"127.0.0.{each}") for each in (9, 9, 9, 10, 10, 10, 11)]
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        connect(CLIENT)
    gateway.await_metric(1, "yett_connections_refused_total", reason="client_limit")
    for each in held:
        each.close()


def test_haproxy_finds_it_well_by_a_check_of_its_own(gateway, tmp_path, start):
    """A check without a port of its own connects as clients do, and says LOCAL."""
    port, sends = free_port(), "send-proxy-v2 check inter 100ms"
    lines = edited(block("haproxy"), **{"bind :443": f"bind 127.0.0.1:{port}", "127.0.0.1:4443": f"127.0.0.1:{gateway.plain_port}",
                                        "check port 4090": "", "send-proxy-v2": sends, "option httpchk GET /readyz": "option httpchk GET /public/x"})
    (tmp_path / "haproxy.cfg").write_text(lines)
    start(harness.Process(["haproxy", "-db", "-f", tmp_path / "haproxy.cfg"]))
    lines = harness.wait_until(lambda: gateway.log(path="/public/x", status=200), what="a check")
    assert lines[0]["client_ip"] == PROXY
    assert refused(gateway, "proxy_protocol") == 0


def test_a_proxy_may_speak_for_itself(gateway):
    for first in (v2(0), b"PROXY UNKNOWN\r\n", v2(1), v2(1, 0x31, bytes(216))):
        status, body = say(gateway, first)
        assert status == 200 and seen(body)["x-forwarded-for"] == PROXY, first
    with socket.create_connection(("127.0.0.1", gateway.plain_port)):
        pass
    assert refused(gateway, "proxy_protocol") == 0


def test_a_header_names_whom_it_likes_and_how_they_came(gateway):
    ssl_tlv = b"\x20\0\x05\x01\0\0\0\0"
    v6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7") * 2 + struct.pack("!HH", 1, 443)
    for first, client, scheme in ((b"PROXY TCP4 192.0.2.7 198.51.100.1 1 443\r\n", "192.0.2.7", "http"),
                                  (v2(1, 0x11, v4("192.0.2.7")), "192.0.2.7", "http"),
                                  (v2(1, 0x11, v4("192.0.2.7") + ssl_tlv), "192.0.2.7", "https"),
                                  (v2(1, 0x21, v6), "2001:db8::7", "http")):
        status, body = say(gateway, first)
        assert status == 200 and seen(body)["x-forwarded-for"] == client and seen(body)["x-forwarded-proto"] == scheme, first
    assert say(gateway, v2(1, 0x21, v6), path="/internal/x")[0] == 200
    assert say(gateway, v2(1, 0x11, v4("192.0.2.7")), path="/internal/x")[0] == 403


def test_strangers_and_connections_without_a_header_are_closed_and_counted(gateway):
    for first in (b"", b"PROXY TCP4 192.0.2.7 198.51.100.1 1 443\r\n", v2(1, 0x11, v4("192.0.2.7"))):
        assert say(gateway, first, source="127.0.0.8") == (0, b"")
    assert refused(gateway, "proxy_protocol") == 3
    for first in (b"", b"PROXY TCP4 192.0.2.7\r\n", v2(2, 0x11, v4("192.0.2.7")), v2(1, 0x11, b"cut")):
        assert say(gateway, first) == (0, b"")
    with socket.create_connection(("127.0.0.1", gateway.tls_port), timeout=10) as silent:
        silent.sendall(b"PROXY TCP4")
        assert silent.recv(1) == b""                         # after handshake_timeout
    assert refused(gateway, "proxy_protocol") == 8
    assert not gateway.log(message="request")                # nothing became one
