"""What may come of what was sent. RFC 9113 often leaves a choice; a case names all that it allows."""

import dataclasses

from frames import INTERNAL_ERROR, PROTOCOL_ERROR, error_name


@dataclasses.dataclass(frozen=True)
class ConnectionFault:
    """GOAWAY with one of these codes; whoever hangs up without one has not said otherwise (5.4.1: an endpoint SHOULD first send one)."""

    codes: tuple

    def is_met(self, peer):
        return peer.goaway in self.codes or (peer.closed and peer.goaway is None)

    def __str__(self):
        return f"connection error {error_name(self.codes[0])}"


@dataclasses.dataclass(frozen=True)
class StreamFault:
    stream: int
    codes: tuple

    def is_met(self, peer):
        return peer.reply(self.stream).reset in self.codes

    def __str__(self):
        return f"stream error {error_name(self.codes[0])}"


@dataclasses.dataclass(frozen=True)
class Answered:
    """A whole reply with one of these statuses; `that` says more of it."""

    stream: int
    statuses: tuple
    that: object = None
    lives: bool = True      # and so does the connection

    def is_met(self, peer):
        reply = peer.reply(self.stream)
        if not reply.ended or reply.status not in self.statuses or (self.lives and not peer.probed):
            return False
        return bool(self.that is None or self.that(reply))

    def __str__(self):
        return f"status {self.statuses[0]}" + ("…" if len(self.statuses) > 1 else "")


@dataclasses.dataclass(frozen=True)
class Lives:
    """A PING sent last comes back."""

    that: object = None

    def is_met(self, peer):
        return bool(peer.probed and not peer.closed and peer.goaway is None and (self.that is None or self.that(peer)))

    def __str__(self):
        return "the connection lives"


@dataclasses.dataclass(frozen=True)
class Unanswered:
    """The connection lives, and on this stream nothing came."""

    stream: int

    def is_met(self, peer):
        reply = peer.reply(self.stream)
        return bool(peer.probed and peer.goaway is None and not peer.closed and reply.status is None and reply.reset is None)

    def __str__(self):
        return "discarded"


@dataclasses.dataclass(frozen=True)
class AnsweredAsHttp1:
    """A reply of HTTP/1 that refuses, to what does not begin as HTTP/2 does."""

    def is_met(self, peer):
        return peer.unparsed[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 501", b"HTTP/1.1 505", b"HTTP/1.0 400")

    def __str__(self):
        return "refused as HTTP/1"


REFUSALS = (400, 403, 404, 405, 413, 414, 417, 421, 431, 501)


# 5.4: "a generic error code (such as PROTOCOL_ERROR or INTERNAL_ERROR) can always be used in place of more specific error codes."
GENERIC = (PROTOCOL_ERROR, INTERNAL_ERROR)


def connection_error(*codes):
    return (ConnectionFault(codes + GENERIC),)


def stream_error(stream, *codes):
    """5.4.1: "an endpoint MAY choose to treat a stream error as a connection error.\""""
    return StreamFault(stream, codes + GENERIC), ConnectionFault(codes + GENERIC)


def ok(stream=1, that=None):
    return (Answered(stream, (200,), that),)


def refused(stream=1):
    """8.1.1: a stream error PROTOCOL_ERROR; "a server MAY send an HTTP response prior to closing or resetting the stream"."""
    return (Answered(stream, REFUSALS, lives=False), *stream_error(stream))


def lives(that=None):
    return (Lives(that),)


def happened(peer):
    """In words, for whoever reads that it was none of these."""
    words = []
    if peer.goaway is not None:
        words.append(f"GOAWAY {error_name(peer.goaway)}")
    for stream, reply in sorted(peer.replies.items()):
        if reply.reset is not None:
            words.append(f"RST_STREAM {error_name(reply.reset)}")
        if reply.status is not None:
            words.append(f"status {reply.status}{'' if reply.ended else ' without an end'}")
    if peer.unparsed:
        words.append(peer.unparsed[:12].decode("latin-1"))
    if peer.closed:
        words.append("closed")
    if peer.probed:
        words.append("PING answered")
    return ", ".join(dict.fromkeys(words)) or "nothing"
