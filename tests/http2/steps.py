"""What is done between two frames."""

import frames

PATIENCE = 2.0      # seconds for what comes in between


def reply_on(stream):
    return lambda peer: peer.until(lambda: peer.reply(stream).over(), PATIENCE)


def head_on(stream):
    return lambda peer: peer.until(lambda: peer.reply(stream).status is not None or peer.reply(stream).reset is not None, PATIENCE)


def octets_on(stream, count):
    return lambda peer: peer.until(lambda: len(peer.reply(stream).body) >= count, PATIENCE)


def settled(seconds=0.15):
    """Until nothing comes any more: for what must not come there is nothing to await."""
    return lambda peer: peer.quiet(seconds)


def taken(peer):
    """All that was sent before was read."""
    peer.answers()


def acknowledged(count=2):
    """So many SETTINGS of the client, the one behind the preface included."""
    return lambda peer: peer.until(lambda: peer.acknowledged >= count, PATIENCE)


def one_by_one(octets):
    def send(peer):
        for at in range(len(octets)):
            peer.send(octets[at:at + 1])
    return send


def oversized(make):
    """A frame of one octet more than the server takes; `make` says which, of its payload."""
    return lambda peer: peer.send(make(bytes(peer.settings.get(frames.MAX_FRAME_SIZE, 16384) + 1)))


def exhausted(stream, beyond=1):
    """As much as the windows let through until they stay shut, then so many octets more."""
    def send(peer):
        def room():
            return min(peer.windows[0], peer.window(stream))

        while peer.until(lambda: room() > 0 or peer.reply(stream).over(), 0.3) and room() > 0 and not peer.closed:
            peer.send_body(stream, room(), end=False)
        peer.send(frames.data(stream, bytes(beyond)))
    return send
