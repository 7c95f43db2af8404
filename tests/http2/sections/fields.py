"""RFC 9113 section 8.2: names and values of fields, those that are about a connection, and cookies in crumbs."""

import json

from case import Case
from frames import block, data, headers
from outcomes import ok, refused
from steps import reply_on

LOWER = ("8.2: \"Field names MUST be converted to lowercase when constructing an HTTP/2 message.\"; 8.2.1: \"A field name MUST NOT contain characters in the ranges"
         " 0x00-0x20, 0x41-0x5a, or 0x7f-0xff\"")
NAMES = "8.2.1: \"A field name MUST NOT contain characters in the ranges 0x00-0x20, 0x41-0x5a, or 0x7f-0xff (all ranges inclusive).\""
COLON = "8.2.1: \"With the exception of pseudo-header fields, which have a name that starts with a single colon, field names MUST NOT include a colon\""
VALUES = "8.2.1: \"A field value MUST NOT contain the zero value (ASCII NUL, 0x00), line feed (ASCII LF, 0x0a), or carriage return (ASCII CR, 0x0d) at any position.\""
BLANKS = "8.2.1: \"A field value MUST NOT start or end with an ASCII whitespace character (ASCII SP or HTAB, 0x20 or 0x09).\""
OF_CONNECTION = ("8.2.2: \"An endpoint MUST NOT generate an HTTP/2 message containing connection-specific header fields. ... Any message containing connection-specific header"
                 " fields MUST be treated as malformed\"")


def cases(to):
    return [*names_and_values(to), *of_connections(to), *what_passes(to)]


def names_and_values(to):
    def malformed(asks, name, value, words):
        return Case("8.2.1", asks, (headers(1, to.asked((name, value))),), refused(), rests_on=words)

    return [
        Case("8.2", "A name with a capital is malformed.", (headers(1, to.asked(("X-Upper", "1"))),), refused(), rests_on=LOWER),
        Case("8.2", "A capital at the end of a name is malformed.", (headers(1, to.asked(("x-uppeR", "1"))),), refused(), rests_on=LOWER),
        Case("8.2", "A pseudo-header field with a capital is malformed.",
             (headers(1, block((":Method", "GET"), (":scheme", to.scheme), (":authority", to.authority), (":path", "/"))),), refused(), rests_on=LOWER),
        malformed("A name with a blank is malformed.", "x y", "1", NAMES),
        malformed("A name with a NUL is malformed.", "x\0y", "1", NAMES),
        malformed("A name with a line break is malformed.", "x\r\ny", "1", NAMES),
        malformed("A name with DEL is malformed.", "x\x7fy", "1", NAMES),
        malformed("A name with an octet beyond ASCII is malformed.", "x\xe9", "1", NAMES),
        malformed("A name with a colon is malformed.", "x:y", "1", COLON),
        malformed("A name that ends in a colon is malformed.", "x:", "1", COLON),
        malformed("An empty name is malformed.", "", "1", "RFC 9110 5.1: a field name is a token, of one character at least"),
        malformed("A name with a character of no token is malformed.", "x(y", "1", "RFC 9110 5.1: a field name is a token"),
        malformed("A value with a NUL is malformed.", "x", "a\0b", VALUES),
        malformed("A value with a line feed is malformed.", "x", "a\nb", VALUES),
        malformed("A value with a carriage return is malformed.", "x", "a\rb", VALUES),
        malformed("A value that smuggles a field is malformed.", "x", "a\r\nx-yett-user: root", VALUES),
        malformed("A value that begins with a blank is malformed.", "x", " a", BLANKS),
        malformed("A value that ends in a blank is malformed.", "x", "a ", BLANKS),
        malformed("A value that begins with a tab is malformed.", "x", "\ta", BLANKS),
        malformed("A value that ends in a tab is malformed.", "x", "a\t", BLANKS),
        Case("8.2.1", "A trailer with a line break in its value is malformed.",
             (to.post(1), data(1, b"abc"), headers(1, block(("x-sum", "a\r\nb")))), refused(), rests_on=VALUES),
        Case("8.2.1", "A trailer with a capital in its name is malformed.", (to.post(1), data(1, b"abc"), headers(1, block(("X-Sum", "3")))), refused(), rests_on=LOWER),
    ]


def of_connections(to):
    def malformed(name, value):
        return Case("8.2.2", f"{name}: {value} is malformed.", (headers(1, to.asked((name, value))),), refused(), rests_on=OF_CONNECTION)

    return [
        malformed("connection", "close"), malformed("connection", "keep-alive"), malformed("keep-alive", "timeout=5"), malformed("proxy-connection", "close"),
        malformed("transfer-encoding", "chunked"), malformed("transfer-encoding", "identity"), malformed("upgrade", "websocket"),
        Case("8.2.2", "te of anything but trailers is malformed.", (headers(1, to.asked(("te", "gzip"))),), refused(),
             rests_on="8.2.2: \"The only exception to this is the TE header field, which MAY be present in an HTTP/2 request; when it is, it MUST NOT contain any value"
                      " other than \"trailers\".\""),
        Case("8.2.2", "te of trailers and more is malformed.", (headers(1, to.asked(("te", "trailers, gzip"))),), refused(),
             rests_on="8.2.2: \"it MUST NOT contain any value other than \"trailers\".\""),
        Case("8.2.2", "te of trailers is good.", (to.get(1, ("te", "trailers")), reply_on(1)), ok()),
        Case("8.6", "An upgrade to HTTP/2 is no request of HTTP/2.", (headers(1, to.asked(("connection", "upgrade"), ("upgrade", "h2c"), ("http2-settings", "AA"))),),
             refused(), rests_on=OF_CONNECTION),
    ]


def what_passes(to):
    def values(name, wanted):
        return lambda reply: [value for each, value in json.loads(reply.body)["fields"] if each.lower() == name] == wanted

    def passes(section, asks, fields, name, wanted):
        return Case(section, asks, (to.get(1, *fields, path="/fields"), reply_on(1)), ok(1, values(name, wanted)))

    return [
        passes("8.2.1", "A tab and octets beyond ASCII within a value pass.", (("x-value", "a\tb\xe9c"),), "x-value", ["a\tb\xe9c"]),
        passes("8.2.1", "An empty value passes.", (("x-empty", ""),), "x-empty", [""]),
        passes("8.2.1", "A value of four kilobytes passes.", (("x-long", "v" * 4096),), "x-long", ["v" * 4096]),
        passes("8.2.1", "Fields of one name keep their order.", (("x-many", "1"), ("x-other", "x"), ("x-many", "2")), "x-many", ["1", "2"]),
        passes("8.2.3", "Crumbs of a cookie become one, in their order.", (("cookie", "a=1"), ("cookie", "b=2"), ("cookie", "c=3; d=4")), "cookie", ["a=1; b=2; c=3; d=4"]),
        passes("8.2.3", "Crumbs with other fields between them become one.", (("cookie", "a=1"), ("x", "y"), ("cookie", "b=2")), "cookie", ["a=1; b=2"]),
        passes("8.2.3", "A cookie in one piece is one.", (("cookie", "a=1; b=2"),), "cookie", ["a=1; b=2"]),
    ]
