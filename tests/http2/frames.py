"""Frames of RFC 9113 and header blocks of RFC 7541, written by hand: what is wrong can be written as well as what is right."""

import dataclasses
import struct

from hpack.hpack import encode_integer
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, WITH_PRIORITY = 0x4, 0x8, 0x20

(NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL,
 COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM, INADEQUATE_SECURITY, HTTP_1_1_REQUIRED) = range(14)
ERROR_NAMES = ("NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED", "FRAME_SIZE_ERROR",
               "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED")

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = range(1, 7)
ENABLE_CONNECT_PROTOCOL = 8


def error_name(code):
    return ERROR_NAMES[code] if code < len(ERROR_NAMES) else f"error {code:#x}"


def frame(kind, flags=0, stream=0, payload=b""):
    return struct.pack("!I", len(payload))[1:] + bytes((kind, flags)) + struct.pack("!I", stream) + payload


def settings(*pairs):
    return frame(SETTINGS, payload=b"".join(struct.pack("!HI", *pair) for pair in pairs))


def settings_ack():
    return frame(SETTINGS, ACK)


def ping(payload=b"12345678", flags=0, stream=0):
    return frame(PING, flags, stream, payload)


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack("!I", increment))


def reset(stream, code=CANCEL):
    return frame(RST_STREAM, 0, stream, struct.pack("!I", code))


def goaway(last=0, code=NO_ERROR, more=b"", stream=0):
    return frame(GOAWAY, 0, stream, struct.pack("!II", last, code) + more)


def priority(stream, depends_on=0, weight=15):
    return frame(PRIORITY, 0, stream, struct.pack("!IB", depends_on, weight))


def data(stream, payload=b"", end=False, flags=0):
    return frame(DATA, flags | (END_STREAM if end else 0), stream, payload)


def padded(payload, length):
    """What a frame with PADDED carries; the length may be more than there is."""
    return bytes((length,)) + payload


def headers(stream, block, end=True, flags=END_HEADERS):
    return frame(HEADERS, flags | (END_STREAM if end else 0), stream, block)


def continuation(stream, block, last=True):
    return frame(CONTINUATION, END_HEADERS if last else 0, stream, block)


# --- header blocks ----------------------------------------------------------------------


def octets(value):
    return value.encode("latin-1") if isinstance(value, str) else value


def text(value):
    """A string literal without Huffman's code."""
    value = octets(value)
    return bytes(encode_integer(len(value), 7)) + value


def huffman(value):
    """A string literal in Huffman's code."""
    coded = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH).encode(octets(value))
    return with_first_bits(encode_integer(len(coded), 7), 0x80) + coded


def with_first_bits(integer, bits):
    return bytes((integer[0] | bits,)) + bytes(integer[1:])


def indexed(index):
    return with_first_bits(encode_integer(index, 7), 0x80)


def literal(name, value, string=text):
    """Without indexing, the name as a new one."""
    return b"\x00" + string(name) + string(value)


def never_indexed(name, value):
    return b"\x10" + text(name) + text(value)


def remembered(name, value, string=text):
    """With incremental indexing; `name` may be an index."""
    if isinstance(name, int):
        return with_first_bits(encode_integer(name, 6), 0x40) + string(value)
    return b"\x40" + string(name) + string(value)


def table_size(size):
    return with_first_bits(encode_integer(size, 5), 0x20)


def block(*fields):
    return b"".join(literal(name, value) for name, value in fields)


@dataclasses.dataclass(frozen=True)
class Requests:
    """Requests to one server; what is None is left out."""

    scheme: str = "http"
    authority: str = "localhost"

    def asked(self, *more, method="GET", path="/", **other):
        """The block."""
        parts = {"method": method, "scheme": self.scheme, "authority": self.authority, "path": path} | other
        return block(*((":" + name, value) for name, value in parts.items() if value is not None), *more)

    def get(self, stream, *more, **parts):
        return headers(stream, self.asked(*more, **parts))

    def post(self, stream, *more, **parts):
        """The head alone; a body has to follow."""
        return headers(stream, self.asked(*more, **({"method": "POST"} | parts)), end=False)
