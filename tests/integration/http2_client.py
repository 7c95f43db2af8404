"""A client of HTTP/2 that sees what libraries hide: which frames came, and when."""

import socket
import ssl
import time

import h2.config
import h2.connection
import h2.events
import h2.settings

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class Client:
    """One connection; `events` holds all that came, oldest first."""

    def __init__(self, gateway, tls=True, name="localhost", settings=None, port=None):
        raw = socket.create_connection(("127.0.0.1", port or (gateway.tls_port if tls else gateway.plain_port)), timeout=10)
        if tls:
            context = ssl.create_default_context(cafile=gateway.ca)
            context.check_hostname = False
            context.set_alpn_protocols(["h2", "http/1.1"])
            raw = context.wrap_socket(raw, server_hostname=name)
            assert raw.selected_alpn_protocol() == "h2"
        self.socket = raw
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8", validate_outbound_headers=False,
                                           normalize_outbound_headers=False, validate_inbound_headers=True)
        self.h2 = h2.connection.H2Connection(config)
        if settings:
            self.h2.local_settings.update(settings)
        self.h2.initiate_connection()
        self.events, self.closed, self.takes = [], False, True
        self.scheme, self.name = ("https" if tls else "http"), name
        self.flush()

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.socket.sendall(data)

    def ask(self, path, method="GET", headers=(), body=None, end=None, authority=None, trailers=None):
        """Begins a request; the number of its stream."""
        stream = self.h2.get_next_available_stream_id()
        fields = [(":method", method), (":scheme", self.scheme), (":authority", authority or self.name), (":path", path), *headers]
        end = body is None if end is None else end
        self.h2.send_headers(stream, fields, end_stream=end and body is None)
        self.flush()
        if body is not None:
            self.send(stream, body, end and not trailers)
        if trailers:
            self.h2.send_headers(stream, trailers, end_stream=True)
            self.flush()
        return stream

    def send(self, stream, body, end=True):
        """Sends as the windows allow."""
        while body:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, len(body))
            if room == 0:
                self.pump(5)
                continue
            self.h2.send_data(stream, body[:room], end_stream=end and room == len(body))
            body = body[room:]
            self.flush()
        if not body and end and not self.h2.streams[stream].closed and self.h2.streams[stream].state_machine.state.name == "OPEN":
            self.h2.end_stream(stream)
            self.flush()

    def pump(self, timeout=5.0):
        """Takes in what comes within that time; false when nothing did."""
        self.socket.settimeout(timeout)
        try:
            data = self.socket.recv(65536)
        except (socket.timeout, TimeoutError, ssl.SSLWantReadError):
            return False
        except (ConnectionResetError, ssl.SSLEOFError):
            data = b""
        if not data:
            self.closed = True
            return False
        for event in self.h2.receive_data(data):
            self.events.append(event)
            if isinstance(event, h2.events.DataReceived) and self.takes and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        self.flush()
        return True

    def until(self, condition, timeout=10.0, what="it"):
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end and (self.pump(max(0.01, end - time.monotonic())) or not self.closed or condition()), \
                f"{what} did not come: {self.events[-5:]}, closed: {self.closed}"

    def of(self, kind, stream=None):
        return [e for e in self.events if isinstance(e, kind) and (stream is None or e.stream_id == stream)]

    def ended(self, stream):
        return self.of(h2.events.StreamEnded, stream) or self.of(h2.events.StreamReset, stream)

    def reply(self, stream, timeout=10.0):
        """Status, fields, body and trailers of a reply that ends."""
        self.until(lambda: self.ended(stream), timeout, f"the end of stream {stream}")
        return self.so_far(stream)

    def so_far(self, stream):
        heads = self.of(h2.events.ResponseReceived, stream)
        fields = dict(heads[0].headers) if heads else {}
        trailers = self.of(h2.events.TrailersReceived, stream)
        body = b"".join(e.data for e in self.of(h2.events.DataReceived, stream))
        return int(fields.get(":status", 0)), fields, body, dict(trailers[0].headers) if trailers else {}

    def get(self, path, **more):
        return self.reply(self.ask(path, **more))

    def reset_of(self, stream):
        found = self.of(h2.events.StreamReset, stream)
        return int(found[0].error_code) if found else None

    def goaway(self):
        found = self.of(h2.events.ConnectionTerminated)
        return int(found[-1].error_code) if found else None

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
