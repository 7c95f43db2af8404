"""RFC 9113 sections 5.2 and 6.9: flow control, both ways."""

from case import Case
from frames import FLOW_CONTROL_ERROR, INITIAL_WINDOW_SIZE, PADDED, data, padded, settings, window_update
from outcomes import connection_error, lives, ok, stream_error
from steps import PATIENCE, acknowledged, exhausted, head_on, octets_on, reply_on, settled

ZERO = ("6.9: \"A receiver MUST treat the receipt of a WINDOW_UPDATE frame with a flow-control window increment of 0 as a stream error of type PROTOCOL_ERROR;"
        " errors on the connection flow-control window MUST be treated as a connection error.\"")
OVERFLOW = ("6.9.1: \"If a sender receives a WINDOW_UPDATE that causes a flow-control window to exceed this maximum, it MUST terminate either the stream or the"
            " connection, as appropriate.\"")
BEYOND = "6.9: \"A receiver MAY respond with a stream error or connection error of type FLOW_CONTROL_ERROR if it is unable to accept a frame.\""
LARGEST = (1 << 31) - 1
RESERVED = 1 << 31


def body_is(octets):
    return lives(lambda peer: len(peer.reply(1).body) == octets)


def cases(to):
    narrow = settings((INITIAL_WINDOW_SIZE, 10))
    slow = to.get(1, path="/slow/400")
    return [
        Case("5.2", "Replies wait for the window of their stream.", (narrow, acknowledged(), to.get(1, path="/bytes/1000"), head_on(1), settled()), body_is(10),
             rests_on="6.9.1: \"The sender MUST NOT send a flow-controlled frame with a length that exceeds the space available in either of the flow-control windows\""),
        Case("5.2", "Replies wait for the window of the connection.",
             (settings((INITIAL_WINDOW_SIZE, 1 << 20)), acknowledged(), to.get(1, path="/bytes/100000"), head_on(1), settled(0.3)), body_is(65535)),
        Case("5.2", "Both windows of one octet let one octet through.",
             (settings((INITIAL_WINDOW_SIZE, 1)), acknowledged(), to.get(1, path="/bytes/1000"), head_on(1), settled()), body_is(1)),
        Case("5.2", "Heads wait for no window.", (settings((INITIAL_WINDOW_SIZE, 0)), acknowledged(), to.get(1, path="/bytes/1000"), head_on(1), settled()),
             lives(lambda peer: peer.reply(1).status == 200 and not peer.reply(1).body),
             rests_on="5.2.1: \"Of the frames specified in this document, only DATA frames are subject to flow control\""),
        Case("5.2", "A stream that waits holds up no other.",
             (settings((INITIAL_WINDOW_SIZE, 0)), acknowledged(), to.get(1, path="/bytes/1000"), head_on(1), to.get(3, path="/bytes/5"), head_on(3),
              window_update(3, 100), reply_on(3)), ok(3, lambda reply: len(reply.body) == 5)),

        Case("6.9", "WINDOW_UPDATE lets as much through as it says.",
             (narrow, acknowledged(), to.get(1, path="/bytes/1000"), octets_on(1, 10), window_update(1, 5), octets_on(1, 15), settled()), body_is(15)),
        Case("6.9", "WINDOW_UPDATEs add up.",
             (narrow, acknowledged(), to.get(1, path="/bytes/1000"), octets_on(1, 10), window_update(1, 5) + window_update(1, 7), octets_on(1, 22), settled()),
             body_is(22)),
        Case("6.9", "The reserved bit of an increment is ignored.",
             (narrow, acknowledged(), to.get(1, path="/bytes/1000"), octets_on(1, 10), window_update(1, RESERVED | 5), octets_on(1, 15), settled()), body_is(15)),
        Case("6.9", "An increment of nought on a stream is an error.", (slow, window_update(1, 0)), stream_error(1), rests_on=ZERO),
        Case("6.9", "An increment of nought on the connection ends it.", (window_update(0, 0),), connection_error(), rests_on=ZERO),
        Case("6.9", "An increment of nought with the reserved bit is one of nought.", (window_update(0, RESERVED),), connection_error(), rests_on=ZERO),

        Case("6.9.1", "A window of the connection beyond 2^31-1 ends it.", (window_update(0, LARGEST),), connection_error(FLOW_CONTROL_ERROR), rests_on=OVERFLOW),
        Case("6.9.1", "A window of the connection may be 2^31-1.", (window_update(0, LARGEST - 65535), to.get(1), reply_on(1)), ok()),
        Case("6.9.1", "A window of a stream beyond 2^31-1 is an error.", (slow, window_update(1, LARGEST)), stream_error(1, FLOW_CONTROL_ERROR), rests_on=OVERFLOW),
        Case("6.9.1", "A window of a stream may be 2^31-1.", (slow, window_update(1, LARGEST - 65535), reply_on(1)), ok()),
        Case("6.9.1", "Two increments that pass 2^31-1 together are an error.", (slow, window_update(1, 1 << 30) + window_update(1, 1 << 30)),
             stream_error(1, FLOW_CONTROL_ERROR), rests_on=OVERFLOW),
        Case("6.9.1", "Whoever sends beyond the server's window is told so.", (to.post(1, path="/deaf"), exhausted(1, 1)),
             stream_error(1, FLOW_CONTROL_ERROR), rests_on=BEYOND),
        Case("6.9.1", "A whole frame beyond the window is told, too.", (to.post(1, path="/deaf"), exhausted(1, 16384)), stream_error(1, FLOW_CONTROL_ERROR),
             rests_on=BEYOND),
        Case("6.9.1", "A body larger than the first window is taken as windows open.",
             (to.post(1), lambda peer: peer.send_body(1, 300_000), reply_on(1)), ok(1, lambda reply: reply.body == b"ok 300000")),
        Case("6.9.1", "Padding fills windows as content does, and opens them again.", (to.post(1), padding_alone, reply_on(1)), ok(),
             rests_on="6.1: \"The entire DATA frame payload is included in flow control, including the Pad Length and Padding fields if present.\""),

        Case("6.9.2", "SETTINGS widen the windows of streams that are open.",
             (narrow, acknowledged(), to.get(1, path="/bytes/1000"), octets_on(1, 10), settings((INITIAL_WINDOW_SIZE, 30)), octets_on(1, 30), settled()), body_is(30),
             rests_on="6.9.2: \"When the value of SETTINGS_INITIAL_WINDOW_SIZE changes, a receiver MUST adjust the size of all stream flow-control windows\""),
        Case("6.9.2", "A window may become negative, and stays shut until it is not.",
             (settings((INITIAL_WINDOW_SIZE, 100)), acknowledged(), to.get(1, path="/bytes/1000"), octets_on(1, 100), settings((INITIAL_WINDOW_SIZE, 0)),
              acknowledged(3), window_update(1, 100), settled(), window_update(1, 7), octets_on(1, 107), settled()), body_is(107),
             rests_on="6.9.2: \"A sender MUST track the negative flow-control window and MUST NOT send new flow-controlled frames until it receives WINDOW_UPDATE"
                      " frames that cause the flow-control window to become positive.\""),
        Case("6.9.2", "SETTINGS leave the window of the connection as it is.",
             (settings((INITIAL_WINDOW_SIZE, LARGEST)), acknowledged(), to.get(1, path="/bytes/100000"), octets_on(1, 65535), settled(0.3)), body_is(65535),
             rests_on="6.9.2: \"The connection flow-control window can only be changed using WINDOW_UPDATE frames.\""),
        Case("6.9.2", "SETTINGS that push a window beyond 2^31-1 end the connection.",
             (slow, window_update(1, LARGEST - 65535), settings((INITIAL_WINDOW_SIZE, 65536))), connection_error(FLOW_CONTROL_ERROR) + stream_error(
                 1, FLOW_CONTROL_ERROR),
             rests_on="6.9.2: \"An endpoint MUST treat a change to SETTINGS_INITIAL_WINDOW_SIZE that causes any flow-control window to exceed the maximum size as a"
                      " connection error of type FLOW_CONTROL_ERROR.\""),
        Case("6.9.3", "A smaller window holds for what is asked afterwards.", (settings((INITIAL_WINDOW_SIZE, 3)), acknowledged(), to.get(1, path="/bytes/9"),
             octets_on(1, 3), settled(), window_update(1, 6), reply_on(1)), ok(1, lambda reply: len(reply.body) == 9)),
    ]


def padding_alone(peer):
    """Three hundred kilobytes of which nothing is content."""
    for _ in range(1200):
        if not peer.until(lambda: min(peer.windows[0], peer.window(1)) >= 256, PATIENCE) or peer.reply(1).over():
            return
        peer.spend(1, 256)
        peer.send(data(1, padded(bytes(255), 255), flags=PADDED))
        peer.read(0)
    peer.send(data(1, b"", end=True))
