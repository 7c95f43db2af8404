"""A client's end of one HTTP/2 connection that sends what it is told and keeps what came of it."""

import contextlib
import dataclasses
import select
import socket
import ssl
import time

import hpack
from hyperframe.frame import (ContinuationFrame, DataFrame, Frame, GoAwayFrame, HeadersFrame, PingFrame, PushPromiseFrame, RstStreamFrame,
                              SettingsFrame, WindowUpdateFrame)

import frames

PATIENCE = 5.0      # seconds for what has to come
LONGEST_FRAME = 1 << 24


@dataclasses.dataclass
class Reply:
    """What came on one stream."""

    status: int = None
    fields: list = dataclasses.field(default_factory=list)
    trailers: list = None
    interim: list = dataclasses.field(default_factory=list)
    body: bytearray = dataclasses.field(default_factory=bytearray)
    ended: bool = False
    reset: int = None

    def value(self, name):
        return next((value for each, value in self.fields if each == name), None)

    def over(self):
        return self.ended or self.reset is not None


class Peer:
    def __init__(self, server, tls=False, greet=True, settings=(), grants=False, source=None):
        """`greet` sends preface and SETTINGS and waits for the server's; `grants` opens the windows again for all that comes."""
        self.server, self.grants = server, grants
        self.to = frames.Requests("https" if tls else "http")
        self.socket = connect(server, tls, source)
        self.came, self.block, self.decoder = bytearray(), None, hpack.Decoder()
        self.decoder.max_header_list_size = 1 << 24
        self.replies, self.first, self.goaway, self.closed, self.pongs = {}, None, None, False, []
        self.settings, self.settings_seen, self.acknowledged = {}, False, 0
        self.windows = {0: 65535}            # what we may send
        self.unparsed, self.probed = b"", False
        if greet:
            self.send(frames.PREFACE + frames.settings(*settings))
            self.until(lambda: self.settings_seen)

    # --- sending --------------------------------------------------------------------------

    def send(self, octets):
        """Whoever is hung up on while sending hears of it when reading."""
        with contextlib.suppress(OSError):
            self.socket.sendall(octets)
        return self

    def send_body(self, stream, size, end=True, part=16384):
        """So many octets, as the windows let them."""
        while size and not self.closed:
            room = min(self.windows[0], self.window(stream), part, size)
            if room <= 0:
                if not self.read(PATIENCE):
                    return self
                continue
            self.spend(stream, room)
            size -= room
            self.send(frames.data(stream, bytes(room), end=end and size == 0))
            self.read(0)
        return self

    def window(self, stream):
        return self.windows.setdefault(stream, self.settings.get(frames.INITIAL_WINDOW_SIZE, 65535))

    def spend(self, stream, size):
        self.window(stream)
        self.windows[0] -= size
        self.windows[stream] -= size

    # --- reading --------------------------------------------------------------------------

    def reply(self, stream):
        return self.replies.setdefault(stream, Reply())

    def until(self, wanted, patience=PATIENCE):
        """Reads until that is so, nothing more can come, or patience has ended; whether it is so."""
        end = time.monotonic() + patience
        while not wanted():
            left = end - time.monotonic()
            if self.closed or left <= 0:
                return bool(wanted())
            self.read(left)
        return True

    def quiet(self, seconds):
        """Reads all that comes until nothing has come for so long."""
        while self.read(seconds):
            pass
        return self

    def read(self, patience):
        """One read, and all frames that are whole then; whether anything came, the end included."""
        if self.closed:
            return False
        pending = self.socket.pending() if isinstance(self.socket, ssl.SSLSocket) else 0
        if not pending and not select.select([self.socket], [], [], patience)[0]:
            return False
        try:
            self.socket.settimeout(max(patience, 0.01))
            part = self.socket.recv(1 << 16)
        except (socket.timeout, ssl.SSLWantReadError):
            return False
        except OSError:
            part = b""
        finally:
            self.socket.settimeout(PATIENCE)
        if not part:
            self.closed = True
        self.came += part
        self._take_frames()
        return True

    def _take_frames(self):
        if self.first is None and self.came[:4] == b"HTTP":
            self.unparsed += bytes(self.came)        # the server took us for a client of HTTP/1
            self.came.clear()
        while len(self.came) >= 9:
            header = bytes(self.came[:9])
            length = int.from_bytes(header[:3], "big")
            if len(self.came) < 9 + length:
                return
            body = bytes(self.came[9:9 + length])
            del self.came[:9 + length]
            one, _ = Frame.parse_frame_header(memoryview(header))
            one.parse_body(memoryview(body))
            self.first = self.first or one
            self._took(one, length)

    def _took(self, one, length):
        if isinstance(one, DataFrame):
            reply = self.reply(one.stream_id)
            reply.body += one.data
            self._end(one)
            if self.grants and length:
                self.send(frames.window_update(0, length) + (b"" if reply.over() else frames.window_update(one.stream_id, length)))
        elif isinstance(one, (HeadersFrame, ContinuationFrame)):
            self._took_block(one)
        elif isinstance(one, SettingsFrame):
            self._took_settings(one)
        elif isinstance(one, PingFrame):
            if "ACK" in one.flags:
                self.pongs.append(bytes(one.opaque_data))
            else:
                self.send(frames.ping(bytes(one.opaque_data), frames.ACK))
        elif isinstance(one, GoAwayFrame):
            # A server that drains says so first and may name an error later.
            self.goaway = one.error_code
        elif isinstance(one, RstStreamFrame):
            self.reply(one.stream_id).reset = one.error_code
        elif isinstance(one, WindowUpdateFrame):
            self.window(one.stream_id)
            self.windows[one.stream_id] += one.window_increment
        elif isinstance(one, PushPromiseFrame):
            raise AssertionError("a promise that nobody asked for")

    def _took_block(self, one):
        self.block = [one, b""] if isinstance(one, HeadersFrame) else self.block
        self.block[1] += one.data
        if "END_HEADERS" not in one.flags:
            return
        fields = [(decoded(name), decoded(value)) for name, value in self.decoder.decode(self.block[1], raw=True)]
        reply, (begun, _), self.block = self.reply(one.stream_id), self.block, None
        status = next((int(value) for name, value in fields if name == ":status"), None)
        if status is None:
            reply.trailers = fields
        elif status < 200:
            reply.interim.append((status, fields))
        else:
            reply.status, reply.fields = status, fields
        self._end(begun)

    def _took_settings(self, one):
        if "ACK" in one.flags:
            self.acknowledged += 1
            return
        before = self.settings.get(frames.INITIAL_WINDOW_SIZE, 65535)
        self.settings.update(one.settings)
        self.settings_seen = True
        for stream in self.windows:
            if stream:
                self.windows[stream] += self.settings.get(frames.INITIAL_WINDOW_SIZE, 65535) - before
        self.send(frames.settings_ack())

    def _end(self, one):
        if "END_STREAM" in one.flags:
            self.reply(one.stream_id).ended = True

    # --- asking ---------------------------------------------------------------------------

    def ask(self, stream, *more, patience=PATIENCE, **parts):
        """One GET to its end."""
        self.send(self.to.get(stream, *more, **parts))
        self.until(lambda: self.reply(stream).over(), patience)
        return self.reply(stream)

    def answers(self, patience=PATIENCE):
        """Whether a PING comes back: all that was sent before was taken."""
        probe = b"probe%03d" % (len(self.pongs) % 1000)
        self.send(frames.ping(probe))
        return self.until(lambda: probe in self.pongs, patience)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def decoded(value):
    return bytes(value).decode("latin-1")


def context_of(protocols=("h2",)):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(list(protocols))
    return context


CONTEXT = context_of()


def connect(server, tls, source=None):
    """`source` is the address to come from."""
    raw = socket.create_connection(("127.0.0.1", server.tls_port if tls else server.plain_port), PATIENCE,
                                   source_address=(source, 0) if source else None)
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not tls:
        return raw
    secured = CONTEXT.wrap_socket(raw, server_hostname="localhost")
    assert secured.selected_alpn_protocol() == "h2", "no HTTP/2 by ALPN"
    return secured
