"""RFC 7541: what header blocks are made of. Requests go to /fields where it matters that they were understood."""

import json

from case import Case
from frames import (COMPRESSION_ERROR, HEADER_TABLE_SIZE, headers, huffman, indexed, literal, never_indexed, remembered, settings, table_size,
                    text)
from outcomes import connection_error, ok
from steps import acknowledged, reply_on

NO_INDEX = "6.1: \"The index value of 0 is not used. It MUST be treated as a decoding error if found in an indexed header field representation.\""
BEYOND = "2.3.3: \"Indices strictly greater than the sum of the lengths of both tables MUST be treated as a decoding error.\""
TOO_LONG = "5.1: \"Integer encodings that exceed implementation limits -- in value or octet length -- MUST be treated as decoding errors.\""
PADDING = ("5.2: \"A padding strictly longer than 7 bits MUST be treated as a decoding error."
           " A padding not corresponding to the most significant bits of the code for the EOS symbol MUST be treated as a decoding error.\"")
EOS = "5.2: \"A Huffman-encoded string literal containing the EOS symbol MUST be treated as a decoding error.\""
FIRST = "4.2: \"This dynamic table size update MUST occur at the beginning of the first header block following the change to the dynamic table size.\""
LIMIT = "6.3: \"A value that exceeds this limit MUST be treated as a decoding error.\""


def cases(to):
    return [*indices(to), *integers(to), *strings(to), *representations(to), *tables(to)]


def broken(to, section, asks, rest, words):
    """What follows a request's fields cannot be decoded."""
    return Case("7541 " + section, asks, (headers(1, to.asked() + rest),), connection_error(COMPRESSION_ERROR), rests_on=words)


def told(to, section, asks, rest, *wanted, before=b""):
    """What follows a request's fields is understood as `wanted`."""
    return Case("7541 " + section, asks, (headers(1, before + to.asked(path="/fields") + rest), reply_on(1)), ok(1, seen(*wanted)))


def seen(*wanted):
    def look(reply):
        fields = [(name.lower(), value) for name, value in json.loads(reply.body)["fields"]]
        return all(pair in fields for pair in wanted)
    return look


def indices(to):
    scheme = 7 if to.scheme == "https" else 6
    return [
        broken(to, "6.1", "Index nought is an error.", indexed(0), NO_INDEX),
        broken(to, "2.3.3", "The first index behind the static table is an error while the other is empty.", indexed(62), BEYOND),
        broken(to, "2.3.3", "An index far beyond both tables is an error.", indexed(5000), BEYOND),
        broken(to, "2.3.3", "A name's index beyond both tables is an error.", remembered(70, "v"), BEYOND),
        broken(to, "2.3.3", "An index beyond the entries there are is an error.", remembered("x-one", "1") + indexed(63), BEYOND),
        Case("7541 A", "A request may be indices alone.", (headers(1, indexed(2) + indexed(scheme) + indexed(4) + remembered(1, to.authority)), reply_on(1)), ok()),
        Case("7541 A", "Index 3 is POST, and 5 is /index.html.",
             (headers(1, indexed(3) + indexed(scheme) + literal(":path", "/fields") + remembered(1, to.authority)), reply_on(1)),
             ok(1, lambda r: json.loads(r.body)["line"].startswith("POST /fields "))),
        told(to, "A", "Index 16 is accept-encoding with a value.", indexed(16), ("accept-encoding", "gzip, deflate")),
        told(to, "A", "Index 61 is the last name, www-authenticate.", remembered(61, "v"), ("www-authenticate", "v")),
        told(to, "A", "Index 58 is user-agent.", remembered(58, "mine"), ("user-agent", "mine")),
    ]


def integers(to):
    return [
        told(to, "5.1", "A length in three octets is understood.", literal("x-long", "a" * 400), ("x-long", "a" * 400)),
        told(to, "5.1", "A length that just fills its prefix is understood.", literal("x-long", "a" * 127), ("x-long", "a" * 127)),
        Case("7541 5.1", "An integer with octets that add nothing is taken, or is an error.",
             (headers(1, to.asked() + b"\x00" + text("x") + b"\x7f\x80\x80\x00" + b"v" * 127), reply_on(1)), ok() + connection_error(COMPRESSION_ERROR)),
        broken(to, "5.1", "An integer of ten octets is an error.", b"\xff" + b"\xff" * 9 + b"\x7f", TOO_LONG),
        broken(to, "5.1", "A length beyond 2^32 is an error.", b"\x00" + text("x") + b"\x7f\xff\xff\xff\xff\x7f", TOO_LONG),
        broken(to, "5.1", "An integer that never ends is an error.", b"\xff" + b"\x80" * 60 + b"\x01", TOO_LONG),
        broken(to, "5.1", "An integer that is cut short is an error.", b"\xff\xff", TOO_LONG),
    ]


def strings(to):
    coded = huffman("www.example.com")
    eos = b"\x00" + text("x") + b"\x84\xff\xff\xff\xff"
    return [
        told(to, "5.2", "Names and values in Huffman's code are understood.", literal("x-coded", "www.example.com", huffman), ("x-coded", "www.example.com")),
        told(to, "5.2", "All octets that a value may hold are understood in Huffman's code.",
             literal("x-all", bytes(b for b in range(33, 256) if b != 127), huffman), ("x-all", "".join(chr(b) for b in range(33, 256) if b != 127))),
        told(to, "5.2", "An empty string in Huffman's code is empty.", b"\x00" + text("x-empty") + b"\x80", ("x-empty", "")),
        broken(to, "5.2", "The end of all strings within one is an error.", eos, EOS),
        broken(to, "5.2", "A padding of eight bits is an error.", b"\x00" + text("x") + bytes((coded[0] + 1,)) + coded[1:] + b"\xff", PADDING),
        broken(to, "5.2", "A padding of noughts is an error.", b"\x00" + text("x") + b"\x81\x18", PADDING),
        broken(to, "5.2", "A string longer than its block is an error.", b"\x00" + text("x") + b"\x20short",
               "5.2 and RFC 9113 4.3: \"A decoding error in a field block MUST be treated as a connection error of type COMPRESSION_ERROR.\""),
        broken(to, "5.2", "A name longer than its block is an error.", b"\x00\x20short",
               "5.2 and RFC 9113 4.3: \"A decoding error in a field block MUST be treated as a connection error of type COMPRESSION_ERROR.\""),
    ]


def representations(to):
    def again(asks, rest, then, *wanted, section="6.2.1"):
        return Case("7541 " + section, asks, (headers(1, to.asked() + rest), reply_on(1), headers(3, to.asked(path="/fields") + then), reply_on(3)), ok(3, seen(*wanted)))

    def gone(asks, rest, section):
        return Case("7541 " + section, asks, (headers(1, to.asked() + rest), reply_on(1), headers(3, to.asked() + indexed(62))), connection_error(COMPRESSION_ERROR),
                    rests_on=BEYOND)

    return [
        again("A new name with indexing is remembered.", remembered("x-kept", "v"), indexed(62), ("x-kept", "v")),
        again("A known name with indexing is remembered with its value.", remembered(58, "mine"), indexed(62), ("user-agent", "mine")),
        again("The name of what is remembered may be used alone.", remembered("x-kept", "v"), remembered(62, "w"), ("x-kept", "w")),
        again("What was remembered last has the lowest index.", remembered("x-a", "1") + remembered("x-b", "2"), indexed(62) + indexed(63), ("x-b", "2"), ("x-a", "1"),
              section="2.3.2"),
        Case("7541 2.3.2", "What is remembered may be used in the same block.",
             (headers(1, to.asked(path="/fields") + remembered("x-kept", "v") + remembered(62, "w")), reply_on(1)), ok(1, seen(("x-kept", "v"), ("x-kept", "w")))),
        told(to, "6.2.2", "A literal without indexing is understood.", literal("x-plain", "v"), ("x-plain", "v")),
        told(to, "6.2.2", "A literal without indexing may have a name's index.", b"\x0f\x2b" + text("mine"), ("user-agent", "mine")),
        gone("A literal without indexing is not remembered.", literal("x-plain", "v"), "6.2.2"),
        told(to, "6.2.3", "A literal that is never indexed is understood.", never_indexed("x-secret", "v"), ("x-secret", "v")),
        told(to, "6.2.3", "A literal that is never indexed may have a name's index.", b"\x1f\x2b" + text("mine"), ("user-agent", "mine")),
        gone("A literal that is never indexed is not remembered.", never_indexed("x-secret", "v"), "6.2.3"),
    ]


def tables(to):
    def after(asks, second, accepts, section="4.2", first=b"", words=""):
        return Case("7541 " + section, asks, (headers(1, to.asked() + first), reply_on(1), headers(3, second), reply_on(3)), accepts, rests_on=words)

    kept = remembered("x-kept", "v")
    whole = to.asked(path="/fields")
    decoding = connection_error(COMPRESSION_ERROR)
    return [
        after("A table may be made smaller at the beginning of a block.", table_size(100) + whole, ok(3)),
        after("A table may be made smaller and larger at the beginning of a block.", table_size(0) + table_size(4096) + whole, ok(3)),
        after("A new size behind a field is an error.", whole + table_size(0), decoding, words=FIRST),
        after("A new size between two fields is an error.", to.asked(path=None) + table_size(0) + literal(":path", "/"), decoding, words=FIRST),
        after("A size beyond what the server allows is an error.", table_size(1 << 20) + whole, decoding, "6.3", words=LIMIT),
        after("A size of 4,096 is within what servers allow.", table_size(4096) + whole, ok(3), "6.3"),
        after("A size of nought forgets everything.", table_size(0) + whole + indexed(62), decoding, "4.3", kept, BEYOND),
        after("A size of nought, and back, forgets everything.", table_size(0) + table_size(4096) + whole + indexed(62), decoding, "4.3", kept, BEYOND),
        after("A table without room remembers nothing.", table_size(0) + whole + kept + indexed(62), decoding, "4.4", b"", BEYOND),
        after("A field too large for the table empties it, which is no error.", whole + remembered("x-huge", "a" * 4090), ok(3, seen(("x-huge", "a" * 4090))), "4.4", kept),
        after("What was remembered before a field too large is gone.", whole + remembered("x-huge", "a" * 4090) + indexed(62), decoding, "4.4", kept, BEYOND),
        after("The oldest goes first.", whole + remembered("x-large", "a" * 4030) + indexed(62) + indexed(63), decoding, "4.4", remembered("x-old", "1"), BEYOND),
        after("A name that its own field pushes out is a name.", table_size(100) + whole + remembered("x-first", "a" * 50) + remembered(62, "b" * 50),
              ok(3, seen(("x-first", "a" * 50), ("x-first", "b" * 50))), "4.4"),
        Case("7541 4.2", "A table that the client wants smaller is no longer used by replies.",
             (without_a_table, settings((HEADER_TABLE_SIZE, 0)), acknowledged(), to.get(1), reply_on(1), to.get(3), reply_on(3)), ok(3)),
        Case("7541 2.2", "Both directions have a table of their own.",
             (headers(1, to.asked() + kept), reply_on(1), to.get(3), reply_on(3)), ok(3, lambda reply: not reply.value("x-kept"))),
    ]


def without_a_table(peer):
    peer.decoder.max_allowed_table_size = 0
