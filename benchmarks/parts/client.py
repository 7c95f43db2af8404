"""A client for single questions; load comes from elsewhere."""

import re
import socket
import ssl


def client_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Client:
    """One connection and as many requests as wanted on it."""

    context = client_context()

    def __init__(self, port, tls=True):
        raw = socket.create_connection(("127.0.0.1", port), 30)
        self.socket = self.context.wrap_socket(raw, server_hostname="localhost") if tls else raw

    def ask(self, method, path, headers=(), body=b""):
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        head, rest = b"", b""
        while b"\r\n\r\n" not in head:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("closed inside a reply")
            head += more
        head, rest = head.split(b"\r\n\r\n", 1)
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        chunked = re.search(rb"(?i)transfer-encoding: *chunked", head)
        while (length and len(rest) < int(length[1])) or (chunked and not rest.endswith(b"0\r\n\r\n")):
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("closed inside a body")
            rest += more
        return int(head.split(b" ", 2)[1]), head.decode("latin-1"), rest

    def close(self):
        self.socket.close()


def ask_once(port, path="/", token=None, headers=(), tls=True):
    client = Client(port, tls)
    try:
        given = [f"Authorization: Bearer {token}"] if token else []
        return client.ask("GET", path, [*given, *headers])
    finally:
        client.close()
