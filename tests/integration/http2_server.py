"""An application of HTTP/2 in the clear that does what a test tells it, and what no honest server does."""

import socket
import threading

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings


class Http2Server:
    """Answers each stream by `answer(server, connection, request)`, in the thread of its connection.

    `requests` holds what came: dictionaries of `headers` (a dictionary), `stream`, `connection`, `body`, once complete.
    """

    def __init__(self, answer=None, streams=100, window=65535):
        self.answer = answer or (lambda server, connection, request: connection.reply(request["stream"], b"ok"))
        self.streams, self.window = streams, window
        self.requests, self.resets, self.connections = [], [], []
        self.most_at_once = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                accepted, _ = self.listener.accept()
            except OSError:
                return
            connection = Connection(self, accepted, len(self.connections))
            self.connections.append(connection)
            threading.Thread(target=connection.serve, daemon=True).start()

    def stop(self):
        self.listener.close()
        for each in self.connections:
            each.close()


class Connection:
    """One of its connections; its methods may be called from other threads."""

    def __init__(self, server, accepted, number):
        self.server, self.socket, self.number = server, accepted, number
        self.lock = threading.RLock()
        self.open = {}
        self.gone = threading.Event()
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.h2.local_settings = h2.settings.Settings(client=False, initial_values={
            h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: server.streams,
            h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: server.window})

    def flush(self):
        with self.lock:
            self.socket.sendall(self.h2.data_to_send())

    def serve(self):
        with self.lock:
            self.h2.initiate_connection()
            self.flush()
        try:
            while data := self.socket.recv(65536):
                with self.lock:
                    for event in self.h2.receive_data(data):
                        self.take(event)
                    self.flush()
        except OSError:
            pass
        except h2.exceptions.ProtocolError:
            pass
        self.gone.set()

    def take(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.open[event.stream_id] = {"headers": dict(event.headers), "stream": event.stream_id, "connection": self.number,
                                          "body": b""}
            self.server.most_at_once = max(self.server.most_at_once, len(self.open))
        elif isinstance(event, h2.events.DataReceived):
            self.open[event.stream_id]["body"] += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            request = self.open[event.stream_id]
            self.server.requests.append(request)
            self.server.answer(self.server, self, request)
        elif isinstance(event, h2.events.StreamReset):
            self.open.pop(event.stream_id, None)
            self.server.resets.append((self.number, event.stream_id, event.error_code))

    def head(self, stream, *fields, status=200):
        with self.lock:
            self.h2.send_headers(stream, [(":status", str(status)), *fields])
            self.flush()

    def data(self, stream, data, end=False):
        with self.lock:
            self.h2.send_data(stream, data, end_stream=end)
            self.flush()
            if end:
                self.open.pop(stream, None)

    def reply(self, stream, body=b"", *fields, status=200, trailers=()):
        with self.lock:
            self.h2.send_headers(stream, [(":status", str(status)), ("content-length", str(len(body))), *fields])
            self.h2.send_data(stream, body, end_stream=not trailers)
            if trailers:
                self.h2.send_headers(stream, list(trailers), end_stream=True)
            self.flush()
            self.open.pop(stream, None)

    def reset(self, stream, code):
        with self.lock:
            self.h2.reset_stream(stream, code)
            self.flush()
            self.open.pop(stream, None)

    def goaway(self, last):
        """h2 would refuse to speak on behind one, so it is given as a frame."""
        with self.lock:
            self.socket.sendall(bytes([0, 0, 8, 7, 0, 0, 0, 0, 0]) + last.to_bytes(4, "big") + bytes(4))

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()
