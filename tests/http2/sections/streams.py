"""RFC 9113 sections 5.1 to 5.4: the states of streams, their identifiers and how many there may be; errors."""

import frames
from case import Case
from frames import (FRAME_SIZE_ERROR, MAX_CONCURRENT_STREAMS, PROTOCOL_ERROR, REFUSED_STREAM, STREAM_CLOSED, continuation, data, frame, headers,
                    ping, priority, reset, window_update)
from outcomes import ConnectionFault, Lives, StreamFault, Unanswered, connection_error, lives, ok, stream_error
from steps import reply_on, settled, taken

IDLE = ("5.1: \"Receiving any frame other than HEADERS or PRIORITY on a stream in this state MUST be treated as a connection error of type"
        " PROTOCOL_ERROR.\"")
HALF_CLOSED = ("5.1: \"If an endpoint receives additional frames, other than WINDOW_UPDATE, PRIORITY, or RST_STREAM, for a stream that is in this state,"
               " it MUST respond with a stream error of type STREAM_CLOSED.\"")
IDENTIFIER = "5.1.1: \"An endpoint that receives an unexpected stream identifier MUST respond with a connection error of type PROTOCOL_ERROR.\""
MANY = ("5.1.2: \"An endpoint that receives a HEADERS frame that causes its advertised concurrent stream limit to be exceeded MUST treat this as a stream"
        " error of type PROTOCOL_ERROR or REFUSED_STREAM.\"")


def closed(stream):
    """5.1 of closed streams: minimally process and discard, or an error where the peer has to know."""
    return (Lives(), Unanswered(stream), StreamFault(stream, (STREAM_CLOSED,)), ConnectionFault((STREAM_CLOSED, PROTOCOL_ERROR)))


def opened(to, beyond):
    """As many streams as the server takes at a time, and so many more; none of them ends."""
    def send(peer):
        count = peer.settings.get(MAX_CONCURRENT_STREAMS, 1000)
        peer.last = 2 * (count + beyond) - 1
        for stream in range(1, peer.last + 1, 2):
            peer.send(to.post(stream, path="/deaf"))
        peer.until(lambda: peer.reply(peer.last).reset is not None, 0.5)
    return send


class LastIsRefused:
    def is_met(self, peer):
        return peer.reply(peer.last).reset in (REFUSED_STREAM, PROTOCOL_ERROR)

    def __str__(self):
        return "stream error REFUSED_STREAM or PROTOCOL_ERROR"


def one_ends_and_one_begins(to):
    def send(peer):
        opened(to, 0)(peer)
        peer.send(reset(1))
        peer.send(to.get(peer.last + 2))
        peer.until(lambda: peer.reply(peer.last + 2).over())
    return send


class NextIsAnswered:
    def is_met(self, peer):
        return peer.reply(peer.last + 2).status == 200

    def __str__(self):
        return "status 200"


def cases(to):
    waiting = to.get(1, path="/slow/400")
    over = (to.get(1), reply_on(1))
    return [
        Case("5.1", "DATA on an idle stream ends the connection.", (data(1, b"x"),), connection_error(), rests_on=IDLE),
        Case("5.1", "RST_STREAM on an idle stream ends the connection.", (reset(1),), connection_error(), rests_on=IDLE),
        Case("5.1", "WINDOW_UPDATE on an idle stream ends the connection.", (window_update(1, 100),), connection_error(), rests_on=IDLE),
        Case("5.1", "CONTINUATION on an idle stream ends the connection.", (continuation(1, to.asked()),), connection_error(), rests_on=IDLE),
        Case("5.1", "PRIORITY on an idle stream is ignored.", (priority(1), to.get(1), reply_on(1)), ok()),
        Case("5.1", "PRIORITY on an idle stream opens none.", (priority(9), to.get(1), reply_on(1)), ok()),
        Case("5.1", "DATA behind the end of a request is an error.", (waiting, data(1, b"x")), stream_error(1, STREAM_CLOSED), rests_on=HALF_CLOSED),
        Case("5.1", "DATA behind an end that DATA had is an error.", (to.post(1, path="/slow/400"), data(1, b"x", end=True), data(1, b"x")),
             stream_error(1, STREAM_CLOSED), rests_on=HALF_CLOSED),
        Case("5.1", "HEADERS behind the end of a request is an error.", (waiting, headers(1, to.asked())), stream_error(1, STREAM_CLOSED) +
             connection_error(), rests_on=HALF_CLOSED),
        Case("5.1", "CONTINUATION behind the end of a request is an error.", (waiting, continuation(1, to.asked())),
             connection_error(PROTOCOL_ERROR, STREAM_CLOSED), rests_on="6.10: \"A CONTINUATION frame MUST be preceded by a HEADERS, PUSH_PROMISE or"
             " CONTINUATION frame without the END_HEADERS flag set.\""),
        Case("5.1", "WINDOW_UPDATE behind the end of a request is taken.", (waiting, window_update(1, 10), reply_on(1)), ok()),
        Case("5.1", "PRIORITY behind the end of a request is ignored.", (waiting, priority(1), reply_on(1)), ok()),
        Case("5.1", "RST_STREAM behind the end of a request ends it alone.", (waiting, reset(1), to.get(3), reply_on(3)), ok(3)),
        Case("5.1", "DATA on a closed stream does no harm.", (*over, data(1, b"x")), closed(1)),
        Case("5.1", "HEADERS on a closed stream opens it no more.", (*over, headers(1, to.asked()), settled()), closed(1)),
        Case("5.1", "DATA on a stream that was reset does no harm.", (to.post(1, path="/slow/400"), reset(1), data(1, b"x")), closed(1)),
        Case("5.1", "HEADERS on a stream that was reset opens it no more.", (to.post(1, path="/slow/400"), reset(1), headers(1, to.asked()), settled()),
             closed(1)),
        Case("5.1", "CONTINUATION on a closed stream ends the connection.", (*over, continuation(1, to.asked())),
             connection_error(PROTOCOL_ERROR, STREAM_CLOSED)),
        Case("5.1", "WINDOW_UPDATE on a closed stream is ignored.", (*over, window_update(1, 10)), lives(),
             rests_on="6.9: \"WINDOW_UPDATE can be sent by a peer that has sent a frame with the END_STREAM flag set ... A receiver MUST NOT treat this as"
                      " an error\""),
        Case("5.1", "RST_STREAM on a closed stream is ignored.", (*over, reset(1)), lives(), rests_on="5.1: \"might receive a WINDOW_UPDATE or RST_STREAM"
             " frame from its peer in the time before the peer receives and processes the frame that closes the stream\""),
        Case("5.1", "PRIORITY on a closed stream is ignored.", (*over, priority(1)), lives(),
             rests_on="6.3: \"The PRIORITY frame can be sent on a stream in any state\""),

        Case("5.1.1", "A request on stream 0 ends the connection.", (headers(0, to.asked()),), connection_error(), rests_on=IDENTIFIER),
        Case("5.1.1", "A request on a stream of even number ends the connection.", (to.get(2),), connection_error(), rests_on=IDENTIFIER),
        Case("5.1.1", "Numbers may be left out.", (to.get(7), reply_on(7), to.get(101), reply_on(101)), ok(101)),
        Case("5.1.1", "The highest number of all is good.", (to.get(2**31 - 1), reply_on(2**31 - 1)), ok(2**31 - 1)),
        Case("5.1.1", "A number below one that was used opens nothing.", (to.get(5), reply_on(5), to.get(3), settled()),
             connection_error(PROTOCOL_ERROR, STREAM_CLOSED) + (Unanswered(3), StreamFault(3, (STREAM_CLOSED,)))),

        Case("5.1.2", "A stream beyond the limit of the server is refused.", (opened(to, 1),), (LastIsRefused(), *connection_error(
            PROTOCOL_ERROR, REFUSED_STREAM, frames.ENHANCE_YOUR_CALM)), rests_on=MANY),
        Case("5.1.2", "A stream that ended makes room for another.", (one_ends_and_one_begins(to),), (NextIsAnswered(),)),

        Case("5.3", "A stream that depends on itself harms nobody else.", (frame(frames.HEADERS, 0x25, 1, b"\0\0\0\1\x0f" + to.asked()), to.get(3),
             reply_on(3)), ok(3) + connection_error()),
        Case("5.3", "Streams may depend on each other in a circle.", (priority(1, 3), priority(3, 5), priority(5, 1), to.get(7), reply_on(7)), ok(7)),
        Case("5.3", "A stream may depend on one that never was.", (frame(frames.HEADERS, 0x25, 1, b"\x80\0\0\x63\xff" + to.asked()), reply_on(1)), ok()),

        Case("5.4.1", "The connection is closed behind its error.", (ping(b"short"), lambda peer: peer.until(lambda: peer.closed)),
             (Closed(),), rests_on="5.4.1: \"After sending the GOAWAY frame for an error condition, the endpoint MUST close the TCP connection.\""),
        Case("5.4.2", "An error of one stream leaves the others alone.",
             (to.get(1, path="/slow/300"), to.post(3), window_update(3, 0), taken, reply_on(1)), ok(1) + connection_error()),
        Case("5.4.2", "RST_STREAM is not answered with RST_STREAM.", (to.post(1, path="/slow/400"), reset(1), settled()),
             lives(lambda peer: peer.reply(1).reset is None), rests_on="5.4.2: \"To avoid looping, an endpoint MUST NOT send a RST_STREAM in response to a"
             " RST_STREAM frame.\""),
    ]


class Closed:
    def is_met(self, peer):
        return peer.closed and peer.goaway in (None, FRAME_SIZE_ERROR)

    def __str__(self):
        return "closed"
