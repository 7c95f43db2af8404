"""Plain HTTP where TLS is spoken."""

import socket

import pytest

import harness

BROWSER = b"Accept: text/html,application/xhtml+xml\r\nSec-Fetch-Mode: navigate\r\n"
CASES = {
    # name: (request line and fields with the port, status, Location or None)
    "a browser": (b"GET /a?b=c HTTP/1.1\r\nHost: localhost:%d\r\n" + BROWSER, 308, b"https://localhost:%d/a?b=c"),
    "another name": (b"GET / HTTP/1.1\r\nHost: other.example:%d\r\n", 400, None),
    "sibling: a browser and another name": (b"GET / HTTP/1.1\r\nHost: other.example:%d\r\n" + BROWSER, 400, None),
    "sibling: a directory's redirect": (b"HEAD /dir/ HTTP/1.1\r\nHost: localhost:%d\r\n", 308, b"https://localhost:%d/dir/"),
    "sibling: a form": (b"POST /form HTTP/1.1\r\nHost: localhost:%d\r\nContent-Length: 0\r\n", 308, b"https://localhost:%d/form"),
}


@pytest.mark.parametrize("name", CASES)
def test_http_on_the_tls_port(gateway, name):
    head, status, location = CASES[name]
    with socket.create_connection(("127.0.0.1", gateway.tls_port), timeout=10) as client:
        client.sendall(head % gateway.tls_port + b"Connection: close\r\n\r\n")
        reply = b""
        while part := client.recv(65536):
            reply += part
    assert reply.startswith(b"HTTP/1.1 %d " % status), reply
    shown = harness.header_values(reply.partition(b"\r\n\r\n")[0], "Location")
    assert shown == ([location % gateway.tls_port] if location else [])
    if "browser and another" in name:
        assert b"text/html" in reply and b"<html" in reply.lower()
