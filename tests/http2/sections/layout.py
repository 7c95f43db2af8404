"""RFC 9113 sections 4 and 5.5: the layout of frames, their sizes, header blocks in pieces, extensions."""

import frames
from case import Case
from frames import (COMPRESSION_ERROR, CONTINUATION, DATA, END_HEADERS, FRAME_SIZE_ERROR, GOAWAY, HEADERS, PING,
                    SETTINGS, WINDOW_UPDATE, block, continuation, data, frame, headers, ping, priority, remembered, settings, window_update)
from outcomes import connection_error, lives, ok, stream_error
from steps import one_by_one, oversized, reply_on

IGNORED = "4.1: \"Implementations MUST ignore and discard frames of unknown types.\""
SIZE = ("4.2: \"An endpoint MUST send an error code of FRAME_SIZE_ERROR if a frame exceeds the size defined in SETTINGS_MAX_FRAME_SIZE, exceeds any"
        " limit defined for the frame type, or is too small to contain mandatory frame data.\"")
CONTIGUOUS = ("4.3: \"Each field block is processed as a discrete unit. Field blocks MUST be transmitted as a contiguous sequence of frames, with no"
              " interleaved frames of any other type or from any other stream.\"")
RESERVED = 1 << 31


def cases(to):
    whole = to.asked()
    begun = headers(1, whole[:5], flags=0)
    return [
        Case("4.1", "A frame of an unknown type is ignored.", (frame(0x16, 0xff, 0, b"octets"),), lives(), rests_on=IGNORED),
        Case("4.1", "The highest of all types is ignored, too.", (frame(0xff, 0, 0, b""),), lives(), rests_on=IGNORED),
        Case("4.1", "A frame of an unknown type on an idle stream is ignored.", (frame(0x16, 0, 9, b"x"), to.get(9), reply_on(9)), ok(9), rests_on=IGNORED),
        Case("4.1", "A frame of an unknown type within a request is ignored.",
             (to.post(1), frame(0x16, 0x1, 1, b"x"), data(1, b"abc", end=True), reply_on(1)), ok(1, lambda r: r.body == b"ok 3"), rests_on=IGNORED),
        Case("4.1", "Flags of PING that mean nothing are ignored.", (frame(PING, 0xfe, 0, bytes(8)),), lives()),
        Case("4.1", "Flags of HEADERS that mean nothing are ignored.", (headers(1, whole, flags=END_HEADERS | 0xd2), reply_on(1)), ok()),
        Case("4.1", "Flags of DATA that mean nothing are ignored.", (to.post(1), data(1, b"abc", end=True, flags=0xf6), reply_on(1)), ok()),
        Case("4.1", "Flags of WINDOW_UPDATE that mean nothing are ignored.", (frame(WINDOW_UPDATE, 0xff, 0, b"\0\0\0\1"),), lives()),
        Case("4.1", "Flags of SETTINGS that mean nothing are ignored.", (frame(SETTINGS, 0xfe),), lives()),
        Case("4.1", "The reserved bit of PING is ignored.", (ping(stream=RESERVED),), lives()),
        Case("4.1", "The reserved bit of HEADERS is ignored.", (frame(HEADERS, 0x5, RESERVED | 1, whole), reply_on(1)), ok()),
        Case("4.1", "The reserved bit of DATA is ignored.", (to.post(1), frame(DATA, 1, RESERVED | 1, b"abc"), reply_on(1)), ok()),

        Case("4.2", "A DATA frame of 16,384 octets is taken.", (to.post(1), data(1, bytes(16384), end=True), reply_on(1)), ok()),
        Case("4.2", "A HEADERS frame of several kilobytes is taken.", (to.get(1, ("x-large", "a" * 6000)), reply_on(1)), ok()),
        Case("4.2", "A DATA frame beyond the server's limit is an error.", (to.post(1), oversized(lambda octets: data(1, octets))),
             stream_error(1, FRAME_SIZE_ERROR), rests_on=SIZE),
        Case("4.2", "A HEADERS frame beyond it ends the connection.", (oversized(lambda octets: headers(1, octets)),), connection_error(FRAME_SIZE_ERROR),
             rests_on="4.2: \"A frame size error in a frame that could alter the state of the entire connection MUST be treated as a connection error\""),
        Case("4.2", "A CONTINUATION beyond it ends the connection.", (begun, oversized(lambda octets: continuation(1, octets))),
             connection_error(FRAME_SIZE_ERROR), rests_on=SIZE),
        Case("4.2", "A SETTINGS beyond it ends the connection.", (oversized(lambda octets: frame(SETTINGS, payload=octets + bytes(5))),),
             connection_error(FRAME_SIZE_ERROR), rests_on=SIZE),
        Case("4.2", "An unknown frame beyond it is an error.", (oversized(lambda octets: frame(0x16, payload=octets)),), connection_error(FRAME_SIZE_ERROR),
             rests_on=SIZE),
        Case("4.2", "A GOAWAY that is too small is an error.", (frame(GOAWAY, payload=bytes(7)),), connection_error(FRAME_SIZE_ERROR), rests_on=SIZE),

        Case("4.3", "A block in HEADERS and CONTINUATION is one block.", (begun + continuation(1, whole[5:]), reply_on(1)), ok()),
        Case("4.3", "A block in four pieces is one block.",
             (begun + continuation(1, whole[5:9], False) + continuation(1, whole[9:20], False) + continuation(1, whole[20:]), reply_on(1)), ok()),
        Case("4.3", "An empty HEADERS may be followed by the whole block.", (headers(1, b"", flags=0) + continuation(1, whole), reply_on(1)), ok()),
        Case("4.3", "An empty CONTINUATION may end a block.", (headers(1, whole, flags=0) + continuation(1, b""), reply_on(1)), ok()),
        Case("4.3", "A block whose pieces end inside a length is one block.",
             (headers(1, whole + b"\x00" + b"\x01x" + b"\x7f", flags=0) + continuation(1, b"\x03" + b"v" * 130), reply_on(1)), ok()),
        Case("4.3", "A block in three pieces may come octet by octet.",
             (one_by_one(begun + continuation(1, whole[5:9], False) + continuation(1, whole[9:])), reply_on(1)), ok()),
        Case("4.3", "END_STREAM counts on HEADERS, not on CONTINUATION.",
             (headers(1, to.asked(method="POST"), end=False, flags=0) + frame(CONTINUATION, 0x5, 1, b""), data(1, b"abc", end=True), reply_on(1)),
             ok(1, lambda r: r.body == b"ok 3")),
        Case("4.3", "A block that cannot be decoded ends the connection.", (headers(1, whole + b"\xff\xff\xff\xff\x0f"),), connection_error(COMPRESSION_ERROR),
             rests_on="4.3: \"A receiver MUST terminate the connection with a connection error of type COMPRESSION_ERROR if it does not decompress a"
                      " field block.\""),
        Case("4.3", "A block that ends inside a field ends the connection.", (headers(1, whole + b"\x00\x05ab"),), connection_error(COMPRESSION_ERROR),
             rests_on="4.3: \"A decoding error in a field block MUST be treated as a connection error of type COMPRESSION_ERROR.\""),
        Case("4.3", "DATA of the same stream within a block ends the connection.", (begun + data(1, b"x"),), connection_error(), rests_on=CONTIGUOUS),
        Case("4.3", "HEADERS of another stream within a block ends the connection.", (begun + to.get(3),), connection_error(), rests_on=CONTIGUOUS),
        Case("4.3", "HEADERS of the same stream within a block ends the connection.", (begun + headers(1, whole),), connection_error(), rests_on=CONTIGUOUS),
        Case("4.3", "CONTINUATION of another stream within a block ends the connection.", (begun + continuation(3, whole[5:]),), connection_error(),
             rests_on=CONTIGUOUS),
        Case("4.3", "PING within a block ends the connection.", (begun + ping(),), connection_error(), rests_on=CONTIGUOUS),
        Case("4.3", "SETTINGS within a block ends the connection.", (begun + settings(),), connection_error(), rests_on=CONTIGUOUS),
        Case("4.3", "WINDOW_UPDATE within a block ends the connection.", (begun + window_update(0, 1),), connection_error(), rests_on=CONTIGUOUS),
        Case("4.3", "RST_STREAM within a block ends the connection.", (begun + frames.reset(1),), connection_error(), rests_on=CONTIGUOUS),
        Case("4.3", "PRIORITY within a block ends the connection.", (begun + priority(1),), connection_error(), rests_on=CONTIGUOUS),
        Case("4.3", "What a malformed request put into the table is there for the next.",
             (headers(1, to.asked(("Upper", "x")) + remembered("x-kept", "v")), headers(3, to.asked(path="/fields") + frames.indexed(62)), reply_on(3)),
             ok(3, lambda r: b'["x-kept", "v"]' in r.body.lower()), rests_on="4.3.1: field compression is stateful, and the state is the connection's"),

        Case("5.5", "An unknown frame within a block ends the connection.", (begun + frame(0x16, 0, 1, b"x"),), connection_error(),
             rests_on="5.5: \"Extension frames that appear in the middle of a field block are not permitted; these MUST be treated as a connection error"
                      " of type PROTOCOL_ERROR.\""),
        Case("5.5", "An unknown setting is ignored.", (settings((0x7f7f, 7)),), lives()),
        Case("5.5", "The setting zero is ignored.", (settings((0, 7)),), lives()),
        Case("5.5", "ALTSVC and ORIGIN of a client are ignored.", (frame(0xa, 0, 0, b"\0\1ax"), frame(0xc, 0, 0, b"\0\1a")), lives()),
        Case("5.5", "PRIORITY_UPDATE is understood or ignored.", (frame(0x10, 0, 0, b"\0\0\0\1u=1"), to.get(1), reply_on(1)), ok()),
        Case("5.5", "A field of an unknown name passes.", (headers(1, to.asked(path="/fields") + block(("x-unknown", "1"))), reply_on(1)),
             ok(1, lambda r: b"x-unknown" in r.body.lower())),
    ]
