"""RFC 9113 section 6: each type of frame, but for flow control."""

import frames
from case import Case
from frames import (ACK, ENABLE_CONNECT_PROTOCOL, ENABLE_PUSH, END_HEADERS, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR,
                    HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, MAX_CONCURRENT_STREAMS, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE, PADDED, PING, PRIORITY,
                    PROTOCOL_ERROR, PUSH_PROMISE, RST_STREAM, SETTINGS, WITH_PRIORITY, continuation, data, frame, goaway, headers, padded,
                    ping, reset, settings)
from outcomes import Answered, connection_error, lives, ok, stream_error
from steps import acknowledged, head_on, reply_on, settled

ON_ZERO = "\"If a {} frame is received whose Stream Identifier field is 0x00, the recipient MUST respond with a connection error of type PROTOCOL_ERROR.\""
PADDING = "\"If the length of the padding is the length of the frame payload or greater, the recipient MUST treat this as a connection error of type PROTOCOL_ERROR.\""
SIX = "6.5: \"A SETTINGS frame with a length other than a multiple of 6 octets MUST be treated as a connection error of type FRAME_SIZE_ERROR.\""


def cases(to):
    return [*data_frames(to), *header_frames(to), *short_frames(to), *settings_frames(to), *others(to)]


def data_frames(to):
    begun = to.post(1)
    return [
        Case("6.1", "DATA on stream 0 ends the connection.", (data(0, b"x"),), connection_error(), rests_on="6.1: " + ON_ZERO.format("DATA")),
        Case("6.1", "Padding of DATA is no content.", (begun, data(1, padded(b"abc" + bytes(9), 9), end=True, flags=PADDED), reply_on(1)),
             ok(1, lambda r: r.body == b"ok 3")),
        Case("6.1", "A padding of no octets will do.", (begun, data(1, padded(b"abc", 0), end=True, flags=PADDED), reply_on(1)),
             ok(1, lambda r: r.body == b"ok 3")),
        Case("6.1", "DATA may be padding alone.", (begun, data(1, padded(bytes(255), 255), end=True, flags=PADDED), reply_on(1)),
             ok(1, lambda r: r.body == b"ok 0")),
        Case("6.1", "Padding as long as its frame ends the connection.", (begun, data(1, padded(b"abc", 4), flags=PADDED)), connection_error(),
             rests_on="6.1: " + PADDING),
        Case("6.1", "Padding longer than its frame ends the connection.", (begun, data(1, padded(b"abc", 200), flags=PADDED)), connection_error(),
             rests_on="6.1: " + PADDING),
        Case("6.1", "DATA with padding and no octet to say how much is an error.", (begun, data(1, b"", flags=PADDED)),
             connection_error(PROTOCOL_ERROR, FRAME_SIZE_ERROR)),
        Case("6.1", "An empty DATA may end a request.", (begun, data(1, b"abc"), data(1, end=True), reply_on(1)), ok(1, lambda r: r.body == b"ok 3")),
        Case("6.1", "A few empty DATA within a request are taken.", (begun, data(1), data(1, b"abc"), data(1), data(1, end=True), reply_on(1)),
             ok(1, lambda r: r.body == b"ok 3")),
    ]


def header_frames(to):
    whole = to.asked()
    return [
        Case("6.2", "HEADERS on stream 0 ends the connection.", (headers(0, whole),), connection_error(), rests_on="6.2: " + ON_ZERO.format("HEADERS")),
        Case("6.2", "Padding of HEADERS is not decoded.", (headers(1, padded(whole + bytes(20), 20), flags=END_HEADERS | PADDED), reply_on(1)), ok()),
        Case("6.2", "Padding as long as HEADERS ends the connection.", (headers(1, padded(b"", 1), flags=END_HEADERS | PADDED),), connection_error(),
             rests_on="6.2: " + PADDING),
        Case("6.2", "Padding longer than HEADERS ends the connection.", (headers(1, padded(whole, 250), flags=END_HEADERS | PADDED),), connection_error(),
             rests_on="6.2: " + PADDING),
        Case("6.2", "A priority in HEADERS is not decoded.", (headers(1, b"\0\0\0\0\x0f" + whole, flags=END_HEADERS | WITH_PRIORITY), reply_on(1)), ok()),
        Case("6.2", "Padding and priority in one HEADERS are neither.",
             (headers(1, padded(b"\x80\0\0\0\x0f" + whole + bytes(3), 3), flags=END_HEADERS | WITH_PRIORITY | PADDED), reply_on(1)), ok()),
        Case("6.2", "A priority of too few octets is an error.", (headers(1, bytes(4), flags=END_HEADERS | WITH_PRIORITY),),
             connection_error(PROTOCOL_ERROR, FRAME_SIZE_ERROR)),
        Case("6.2", "Padding that leaves no room for the priority is an error.",
             (headers(1, padded(bytes(6), 3), flags=END_HEADERS | WITH_PRIORITY | PADDED),), connection_error(PROTOCOL_ERROR, FRAME_SIZE_ERROR)),
        Case("6.10", "CONTINUATION on stream 0 ends the connection.", (headers(1, whole[:4], flags=0), continuation(0, whole[4:])), connection_error(),
             rests_on="6.10: \"If a CONTINUATION frame is received with a Stream Identifier field of 0x00, the recipient MUST respond with a connection error"
             " of type PROTOCOL_ERROR.\""),
        Case("6.10", "CONTINUATION behind a whole block ends the connection.", (to.post(1), continuation(1, b"")), connection_error(),
             rests_on="6.10: \"A recipient that observes violation of this rule MUST respond with a connection error of type PROTOCOL_ERROR.\""),
        Case("6.10", "CONTINUATION behind DATA ends the connection.", (to.post(1), data(1, b"x"), continuation(1, b"")), connection_error(),
             rests_on="6.10: \"A recipient that observes violation of this rule MUST respond with a connection error of type PROTOCOL_ERROR.\""),
        Case("6.10", "CONTINUATION behind the last CONTINUATION ends the connection.",
             (headers(1, to.asked(method="POST"), end=False, flags=0), continuation(1, b""), continuation(1, b"")), connection_error(),
             rests_on="6.10: \"A recipient that observes violation of this rule MUST respond with a connection error of type PROTOCOL_ERROR.\""),
    ]


def short_frames(to):
    waiting = to.get(1, path="/slow/400")
    sizes = [
        ("6.3", "PRIORITY of four octets is an error.", (waiting, frame(PRIORITY, 0, 1, bytes(4))), stream_error(1, FRAME_SIZE_ERROR),
         "6.3: \"A PRIORITY frame with a length other than 5 octets MUST be treated as a stream error of type FRAME_SIZE_ERROR.\""),
        ("6.3", "PRIORITY of six octets is an error.", (waiting, frame(PRIORITY, 0, 1, bytes(6))), stream_error(1, FRAME_SIZE_ERROR),
         "6.3: \"A PRIORITY frame with a length other than 5 octets MUST be treated as a stream error of type FRAME_SIZE_ERROR.\""),
        ("6.4", "RST_STREAM of three octets ends the connection.", (waiting, frame(RST_STREAM, 0, 1, bytes(3))), connection_error(FRAME_SIZE_ERROR),
         "6.4: \"A RST_STREAM frame with a length other than 4 octets MUST be treated as a connection error of type FRAME_SIZE_ERROR.\""),
        ("6.4", "RST_STREAM of five octets ends the connection.", (waiting, frame(RST_STREAM, 0, 1, bytes(5))), connection_error(FRAME_SIZE_ERROR),
         "6.4: \"A RST_STREAM frame with a length other than 4 octets MUST be treated as a connection error of type FRAME_SIZE_ERROR.\""),
        ("6.7", "PING of seven octets ends the connection.", (frame(PING, payload=bytes(7)),), connection_error(FRAME_SIZE_ERROR),
         "6.7: \"Receipt of a PING frame with a length field value other than 8 MUST be treated as a connection error of type FRAME_SIZE_ERROR.\""),
        ("6.7", "PING of nine octets ends the connection.", (frame(PING, payload=bytes(9)),), connection_error(FRAME_SIZE_ERROR),
         "6.7: \"Receipt of a PING frame with a length field value other than 8 MUST be treated as a connection error of type FRAME_SIZE_ERROR.\""),
        ("6.9", "WINDOW_UPDATE of three octets ends the connection.", (frame(frames.WINDOW_UPDATE, 0, 0, bytes(3)),), connection_error(FRAME_SIZE_ERROR),
         "6.9: \"A WINDOW_UPDATE frame with a length other than 4 octets MUST be treated as a connection error of type FRAME_SIZE_ERROR.\""),
        ("6.9", "WINDOW_UPDATE of five octets ends the connection.", (frame(frames.WINDOW_UPDATE, 0, 0, bytes(5)),), connection_error(FRAME_SIZE_ERROR),
         "6.9: \"A WINDOW_UPDATE frame with a length other than 4 octets MUST be treated as a connection error of type FRAME_SIZE_ERROR.\""),
    ]
    return [Case(section, asks, steps, accepts, rests_on=words) for section, asks, steps, accepts, words in sizes] + [
        Case("6.3", "PRIORITY on stream 0 ends the connection.", (frame(PRIORITY, 0, 0, bytes(5)),), connection_error(),
             rests_on="6.3: \"If a PRIORITY frame is received with a stream identifier of 0x00, the recipient MUST respond with a connection error of type PROTOCOL_ERROR.\""),
        Case("6.4", "RST_STREAM on stream 0 ends the connection.", (reset(0),), connection_error(), rests_on="6.4: \"If a RST_STREAM frame is received with a stream identifier of 0x00, the recipient MUST treat this as a connection error of type"
             " PROTOCOL_ERROR.\""),
        Case("6.4", "RST_STREAM ends the reply as well.", (to.get(1, path="/slow/200"), reset(1), settled(0.4)),
             lives(lambda peer: peer.reply(1).status is None)),
        Case("7", "RST_STREAM with an unknown code is an RST_STREAM.", (waiting, reset(1, 0xfeedface), to.get(3), reply_on(3)), ok(3),
             rests_on="7: \"Unknown or unsupported error codes MUST NOT trigger any special behavior.\""),
        Case("7", "GOAWAY with an unknown code is a GOAWAY.", (waiting, goaway(0, 0xfeedface), reply_on(1)),
             ok() + connection_error(frames.NO_ERROR)),
    ]


def settings_frames(to):
    wrong = [
        ("6.5", "An acknowledgement that says something ends the connection.", frame(SETTINGS, ACK, 0, bytes(6)), FRAME_SIZE_ERROR,
         "6.5: \"Receipt of a SETTINGS frame with the ACK flag set and a length field value other than 0 MUST be treated as a connection error of type"
         " FRAME_SIZE_ERROR.\""),
        ("6.5", "SETTINGS on a stream ends the connection.", frame(SETTINGS, 0, 1), PROTOCOL_ERROR,
         "6.5: \"If an endpoint receives a SETTINGS frame whose Stream Identifier field is anything other than 0x00, the endpoint MUST respond with a"
         " connection error of type PROTOCOL_ERROR.\""),
        ("6.5", "SETTINGS of five octets ends the connection.", frame(SETTINGS, payload=bytes(5)), FRAME_SIZE_ERROR, SIX),
        ("6.5", "SETTINGS of seven octets ends the connection.", frame(SETTINGS, payload=bytes(7)), FRAME_SIZE_ERROR, SIX),
        ("6.5.2", "ENABLE_PUSH of two ends the connection.", settings((ENABLE_PUSH, 2)), PROTOCOL_ERROR,
         "6.5.2: \"Any value other than 0 or 1 MUST be treated as a connection error of type PROTOCOL_ERROR.\""),
        ("6.5.2", "INITIAL_WINDOW_SIZE of 2^31 ends the connection.", settings((INITIAL_WINDOW_SIZE, 1 << 31)), FLOW_CONTROL_ERROR,
         "6.5.2: \"Values above the maximum flow-control window size of 2^31-1 MUST be treated as a connection error of type FLOW_CONTROL_ERROR.\""),
        ("6.5.2", "MAX_FRAME_SIZE of 16,383 ends the connection.", settings((MAX_FRAME_SIZE, 16383)), PROTOCOL_ERROR,
         "6.5.2: \"Values outside this range MUST be treated as a connection error of type PROTOCOL_ERROR.\""),
        ("6.5.2", "MAX_FRAME_SIZE of 2^24 ends the connection.", settings((MAX_FRAME_SIZE, 1 << 24)), PROTOCOL_ERROR,
         "6.5.2: \"Values outside this range MUST be treated as a connection error of type PROTOCOL_ERROR.\""),
    ]
    good = [("ENABLE_PUSH of nought", ENABLE_PUSH, 0), ("ENABLE_PUSH of one", ENABLE_PUSH, 1), ("INITIAL_WINDOW_SIZE of 2^31-1", INITIAL_WINDOW_SIZE, 2**31 - 1),
            ("MAX_FRAME_SIZE of 2^24-1", MAX_FRAME_SIZE, 2**24 - 1), ("MAX_CONCURRENT_STREAMS of nought", MAX_CONCURRENT_STREAMS, 0),
            ("MAX_HEADER_LIST_SIZE of 4,096", MAX_HEADER_LIST_SIZE, 4096), ("HEADER_TABLE_SIZE of 2^32-1", HEADER_TABLE_SIZE, 2**32 - 1)]
    return [Case(section, asks, (octets,), connection_error(code), rests_on=words) for section, asks, octets, code, words in wrong] + [
        Case("6.5.2", f"{what} is good.", (settings((key, value)), acknowledged(), to.get(1), reply_on(1)), ok()) for what, key, value in good] + [
        Case("6.5.2", "The settings of the server are good ones.", (settled(),), lives(has_good_settings)),
        Case("6.5.3", "Each SETTINGS is acknowledged.", (settings(), settings(), settings(), acknowledged(4), settled()),
             lives(lambda peer: peer.acknowledged == 4)),
        Case("6.5.3", "Of a setting that is said twice the last counts.",
             (settings((INITIAL_WINDOW_SIZE, 1), (INITIAL_WINDOW_SIZE, 3)), acknowledged(), to.get(1, path="/bytes/10"), head_on(1), settled()),
             lives(lambda peer: len(peer.reply(1).body) == 3)),
        Case("8441 3", "ENABLE_CONNECT_PROTOCOL of two is an error, or unknown.", (settings((ENABLE_CONNECT_PROTOCOL, 2)),), connection_error() + lives()),
    ]


def has_good_settings(peer):
    said = peer.settings
    return (said.get(ENABLE_PUSH, 0) == 0 and 16384 <= said.get(MAX_FRAME_SIZE, 16384) < 1 << 24 and said.get(INITIAL_WINDOW_SIZE, 0) < 1 << 31
            and said.get(MAX_CONCURRENT_STREAMS, 100) > 0)


def others(to):
    return [
        Case("6.6", "PUSH_PROMISE of a client ends the connection.", (to.post(1), frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2" + to.asked())), connection_error(),
             rests_on="8.4: \"A client cannot push. Thus, servers MUST treat the receipt of a PUSH_PROMISE frame as a connection error of type PROTOCOL_ERROR.\""),
        Case("6.7", "PING is answered with what it said.", (ping(b"\0\xffoctets"), lambda peer: peer.until(lambda: peer.pongs)),
             lives(lambda peer: b"\0\xffoctets" in peer.pongs)),
        Case("6.7", "PINGs are answered each and in turn.", (ping(b"number 1") + ping(b"number 2") + ping(b"number 3"), lambda p: p.until(lambda: len(p.pongs) > 2)),
             lives(lambda peer: peer.pongs[:3] == [b"number 1", b"number 2", b"number 3"])),
        Case("6.7", "PING on a stream ends the connection.", (ping(stream=1),), connection_error(),
             rests_on="6.7: \"If a PING frame is received with a Stream Identifier field value other than 0x00, the recipient MUST respond with a connection error"
                      " of type PROTOCOL_ERROR.\""),
        Case("6.7", "An answer to no PING is not answered.", (ping(b"unasked!", ACK), settled()), lives(lambda peer: b"unasked!" not in peer.pongs),
             rests_on="6.7: \"An endpoint MUST NOT respond to PING frames containing this flag.\""),
        Case("6.7", "PING is answered while a reply is waited for.", (to.get(1, path="/slow/400"), ping(b"meantime"),
             lambda peer: peer.until(lambda: b"meantime" in peer.pongs)), lives(lambda peer: peer.reply(1).status is None)),
        Case("6.8", "GOAWAY on a stream ends the connection.", (goaway(stream=1),), connection_error(),
             rests_on="6.8: \"An endpoint MUST treat a GOAWAY frame with a stream identifier other than 0x00 as a connection error of type PROTOCOL_ERROR.\""),
        Case("6.8", "A request before GOAWAY is answered.", (to.get(1, path="/slow/100"), goaway(), reply_on(1)), (Answered(1, (200,), lives=False),)),
        Case("6.8", "GOAWAY may say more.", (to.get(1, path="/slow/100"), goaway(more=b"for a reason"), reply_on(1)), (Answered(1, (200,), lives=False),)),
    ]
