"""RFC 9113 section 8.1, 8.3 and 8.5, and section 9: requests and replies as messages."""

import json

from case import Case
from frames import block, continuation, data, headers
from outcomes import REFUSALS, Answered, connection_error, lives, ok, refused, stream_error
from steps import reply_on, settled

MALFORMED = "8.1.1: \"Malformed requests or responses that are detected MUST be treated as a stream error of type PROTOCOL_ERROR.\""
ONCE = ("8.3: \"The same pseudo-header field name MUST NOT appear more than once in a field block. A field block for an HTTP request or response that contains a"
        " repeated pseudo-header field name MUST be treated as malformed.\"")
FIRST = ("8.3: \"Any request or response that contains a pseudo-header field that appears in a field block after a regular field line MUST be treated as"
         " malformed.\"")
ALL_THREE = ("8.3.1: \"All HTTP/2 requests MUST include exactly one valid value for the \":method\", \":scheme\", and \":path\" pseudo-header fields, unless they are"
             " CONNECT requests. An HTTP request that omits mandatory pseudo-header fields is malformed.\"")
LENGTH = ("8.1.1: \"A request or response is also malformed if the value of a content-length header field does not equal the sum of the DATA frame payload lengths"
          " that form the content\"")
CONNECT = ("8.5: \"The \":scheme\" and \":path\" pseudo-header fields MUST be omitted.\"; \"A CONNECT request that does not conform to these restrictions"
           " is malformed\"")
IN_TRAILERS = ("8.1: \"Trailers MUST NOT include pseudo-header fields.\"; \"An endpoint that receives pseudo-header fields in trailers MUST treat the request or"
               " response as malformed.\"")


def told(*checks):
    """Of `/fields`, which tells what it was asked."""
    return lambda reply: all(check(json.loads(reply.body)) for check in checks)


def has(name, value):
    return lambda seen: [value for each, value in seen["fields"] if each.lower() == name] == [value]


def cases(to):
    return [*framing(to), *pseudo_fields(to), *connect(to), *connections(to)]


def framing(to):
    begun = to.post(1)
    trailers = headers(1, block(("x-sum", "3")))
    return [
        Case("8.1", "A request without content is answered.", (to.get(1), reply_on(1)), ok()),
        Case("8.1", "A request with content is answered.", (begun, data(1, b"abc", end=True), reply_on(1)), ok(1, lambda r: r.body == b"ok 3")),
        Case("8.1", "Content may come in many frames.", (begun, *(data(1, b"a") for _ in range(20)), data(1, b"b", end=True), reply_on(1)),
             ok(1, lambda r: r.body == b"ok 21")),
        Case("8.1", "Trailers end a request.", (begun, data(1, b"abc"), trailers, reply_on(1)), ok(1, lambda r: r.body == b"ok 3")),
        Case("8.1", "Trailers may follow the head at once.", (begun, trailers, reply_on(1)), ok(1, lambda r: r.body == b"ok 0")),
        Case("8.1", "Trailers that do not end a request are malformed.", (begun, data(1, b"abc"), headers(1, block(("x-sum", "3")), end=False)), refused(),
             rests_on="8.1: \"An endpoint that receives a HEADERS frame without the END_STREAM flag set after receiving the HEADERS frame that opens a request ... MUST"
                      " treat the corresponding request or response as malformed\""),
        Case("8.1", "Trailers with a pseudo-header field are malformed.", (begun, data(1, b"abc"), headers(1, block((":path", "/other")))), refused(),
             rests_on=IN_TRAILERS),
        Case("8.1", "HEAD is answered with a head alone.", (headers(1, to.asked(method="HEAD")), reply_on(1)), ok(1, lambda r: not r.body)),
        Case("8.1", "Two requests at a time are answered, the fast one first.",
             (to.get(1, path="/slow/300"), to.get(3), reply_on(3), lambda peer: setattr(peer, "first_ended", not peer.reply(1).over()), reply_on(1)),
             lives(lambda peer: peer.first_ended and peer.reply(1).status == 200)),
        Case("8.1", "Expect: 100-continue is answered, or the request itself is.",
             (to.post(1, ("expect", "100-continue"), ("content-length", "3")), settled(), data(1, b"abc", end=True), reply_on(1)),
             ok(1, lambda r: r.body == b"ok 3")),
        Case("8.1.1", "Less content than content-length says is malformed.", (to.post(1, ("content-length", "5")), data(1, b"abc", end=True)), refused(), rests_on=LENGTH),
        Case("8.1.1", "More content than content-length says is malformed.", (to.post(1, ("content-length", "2")), data(1, b"abc", end=True)), refused(), rests_on=LENGTH),
        Case("8.1.1", "No content where content-length says some is malformed.", (headers(1, to.asked(("content-length", "1"), method="POST")),), refused(),
             rests_on=LENGTH),
        Case("8.1.1", "Less content in several frames is malformed as well.", (to.post(1, ("content-length", "9")), data(1, b"abc"), data(1, b"abc", end=True)), refused(),
             rests_on=LENGTH),
        Case("8.1.1", "Less content before trailers is malformed as well.", (to.post(1, ("content-length", "9")), data(1, b"abc"), trailers), refused(), rests_on=LENGTH),
        Case("8.1.1", "A content-length that is met is good.", (to.post(1, ("content-length", "6")), data(1, b"abc"), data(1, b"abc", end=True), reply_on(1)),
             ok(1, lambda r: r.body == b"ok 6")),
        Case("8.1.1", "A content-length of nought is met by nothing.", (headers(1, to.asked(("content-length", "0"), method="POST")), reply_on(1)), ok()),
        Case("8.1.1", "Two content-lengths that differ are malformed.",
             (to.post(1, ("content-length", "3"), ("content-length", "4")), data(1, b"abc", end=True)), refused(),
             rests_on="8.1.1 and RFC 9110 8.6: lengths that disagree are invalid"),
        Case("8.1.1", "A content-length that is no number is malformed.", (to.post(1, ("content-length", "3x")), data(1, b"abc", end=True)), refused(),
             rests_on="8.1.1 and RFC 9110 8.6: a length is digits"),
        Case("8.1.1", "A content-length with a sign is malformed.", (to.post(1, ("content-length", "+3")), data(1, b"abc", end=True)), refused(),
             rests_on="8.1.1 and RFC 9110 8.6: a length is digits"),
        Case("8.1.1", "A content-length beyond all numbers is malformed.", (to.post(1, ("content-length", "9" * 30)), data(1, b"abc", end=True)), refused(),
             rests_on="8.1.1 and RFC 9110 8.6: large numerals are to be anticipated"),
        Case("8.1.1", "A malformed request leaves the others alone.",
             (to.get(1, path="/slow/300"), headers(3, to.asked(("Upper", "x"))), to.get(5), reply_on(1), reply_on(5)), ok(5), rests_on=MALFORMED),
    ]


def pseudo_fields(to):
    def malformed(asks, fields, words=MALFORMED, section="8.3"):
        return Case(section, asks, (headers(1, fields),), refused(), rests_on=words)

    whole = to.asked()
    by_host = headers(1, to.asked(("host", to.authority), authority=None, path="/fields"))
    return [
        malformed("A pseudo-header field behind a regular one is malformed.", block(("x", "1")) + whole, FIRST),
        malformed("The last pseudo-header field behind a regular one is malformed.",
                  to.asked(path=None) + block(("x", "1"), (":path", "/")), FIRST),
        malformed("An unknown pseudo-header field is malformed.", whole + block((":color", "red")),
                  "8.3: \"Endpoints MUST treat a request or response that contains undefined or invalid pseudo-header fields as malformed.\""),
        malformed("A pseudo-header field of replies is malformed.", whole + block((":status", "200")),
                  "8.3: \"Pseudo-header fields defined for responses MUST NOT appear in requests.\""),
        malformed("A pseudo-header field without a name is malformed.", whole + block((":", "x")),
                  "8.3: \"Endpoints MUST treat a request or response that contains undefined or invalid pseudo-header fields as malformed.\""),
        malformed("Two :method are malformed.", block((":method", "GET")) + whole, ONCE),
        malformed("Two :scheme are malformed.", block((":scheme", to.scheme)) + whole, ONCE),
        malformed("Two :path are malformed.", block((":path", "/")) + whole, ONCE),
        malformed("Two :authority are malformed.", block((":authority", to.authority)) + whole, ONCE),
        malformed(":protocol without CONNECT is malformed.", whole + block((":protocol", "websocket")),
                  "8.3: \"Endpoints MUST treat a request or response that contains undefined or invalid pseudo-header fields as malformed.\"; RFC 8441 4: only on CONNECT"),
        malformed("A request without :method is malformed.", to.asked(method=None), ALL_THREE, "8.3.1"),
        malformed("A request without :scheme is malformed.", to.asked(scheme=None), ALL_THREE, "8.3.1"),
        malformed("A request without :path is malformed.", to.asked(path=None), ALL_THREE, "8.3.1"),
        malformed("A request with nothing at all is malformed.", b"", ALL_THREE, "8.3.1"),
        malformed("An empty :path is malformed.", to.asked(path=""), "8.3.1: \"This pseudo-header field MUST NOT be empty for \"http\" or \"https\" URIs\"", "8.3.1"),
        malformed("An empty :method is malformed.", to.asked(method=""), ALL_THREE, "8.3.1"),
        malformed("An empty :scheme is malformed.", to.asked(scheme=""), ALL_THREE, "8.3.1"),
        malformed("A :path that does not begin with / is malformed.", to.asked(path="other"),
                  "8.3.1: \"\"http\" or \"https\" URIs that do not contain a path component MUST include a value of '/'\"; RFC 9110 4.2.1: a path begins with /", "8.3.1"),
        malformed("A :path with a blank is malformed.", to.asked(path="/a b"), ALL_THREE, "8.3.1"),
        malformed("A :path with a control character is malformed.", to.asked(path="/a\x01b"), ALL_THREE, "8.3.1"),
        malformed("A :path with a line break is malformed.", to.asked(path="/ HTTP/1.1\r\nx: y"),
                  "8.2.1: \"A field value MUST NOT contain the zero value (ASCII NUL, 0x00), line feed (ASCII LF, 0x0a), or carriage return (ASCII CR, 0x0d) at any position.\"",
                  "8.3.1"),
        malformed("A :method with a blank is malformed.", to.asked(method="GET /x"), "RFC 9110 9.1: a method is a token", "8.3.1"),
        malformed("A :method with a line break is malformed.", to.asked(method="GET\r\nx"),
                  "8.2.1: \"A field value MUST NOT contain ... line feed (ASCII LF, 0x0a), or carriage return (ASCII CR, 0x0d) at any position.\"", "8.3.1"),
        malformed("An :authority with a blank is malformed.", to.asked(authority="local host"), "RFC 3986 3.2: an authority holds no blank", "8.3.1"),
        malformed("An :authority with a path is malformed.", to.asked(authority="localhost/x"), "RFC 3986 3.2: an authority ends at the next slash", "8.3.1"),
        malformed("An :authority with user information is malformed.", to.asked(authority="user@localhost"),
                  "8.3.1: \"\":authority\" MUST NOT include the deprecated userinfo subcomponent for \"http\" or \"https\" schemed URIs.\"", "8.3.1"),
        malformed("A host that names another than :authority is malformed.", to.asked(("host", "other.example")),
                  "8.3.1: \"A server SHOULD treat a request as malformed if it contains a Host header field that identifies an entity that differs from the entity in the"
                  " \":authority\" pseudo-header field.\"", "8.3.1"),
        malformed("Two hosts are malformed.", to.asked(("host", to.authority), ("host", "other.example"), authority=None),
                  "RFC 9112 3.2: a request with more than one Host is answered with 400",
                  "8.3.1"),
        malformed("Neither :authority nor host is malformed.", to.asked(authority=None),
                  "RFC 9110 4.2.1 and 7.2: the authority of an http URI is mandatory", "8.3.1"),
        Case("8.3.1", "A host that says the same as :authority is good.", (to.get(1, ("host", to.authority)), reply_on(1)), ok()),
        Case("8.3.1", "A host may stand for :authority.", (by_host, reply_on(1)), ok(1, told(has("host", to.authority)))),
        Case("8.3.1", "The application is told :authority as Host, once.", (to.get(1, path="/fields"), reply_on(1)), ok(1, told(has("host", to.authority)))),
        Case("8.3.1", "A query is passed on.", (to.get(1, path="/fields?a=1&b=%20"), reply_on(1)), ok(1, told(lambda seen: "/fields?a=1&b=%20 " in seen["line"]))),
        Case("8.3.1", "OPTIONS of * is answered.", (headers(1, to.asked(method="OPTIONS", path="*")), reply_on(1)),
             (Answered(1, (200, 204, 404, 405, 403, 400), lives=True),)),
        Case("8.3.1", "GET of * is no request.", (to.get(1, path="*"), reply_on(1)), refused()),
        Case("8.3.1", "Pseudo-header fields may come in any order.",
             (headers(1, block((":path", "/"), (":authority", to.authority), (":method", "GET"), (":scheme", to.scheme))), reply_on(1)), ok()),
        Case("8.3.2", "A reply begins with :status, and has no other pseudo-header field.", (to.get(1), reply_on(1)),
             ok(1, lambda r: r.fields[0][0] == ":status" and not any(name.startswith(":") for name, _ in r.fields[1:]))),
        Case("8.3.2", "A reply's names are in lower case, and none is about the connection.", (to.get(1), reply_on(1)),
             ok(1, lambda r: all(name == name.lower() and name not in ("connection", "keep-alive", "transfer-encoding", "upgrade", "proxy-connection")
                                 for name, _ in r.fields))),
        Case("8.3.2", "A reply of a chunked application is whole.", (to.get(1, path="/trailers"), reply_on(1)), ok(1, lambda r: r.body == b"ok")),
    ]


def connect(to):
    denied = (Answered(1, (*REFUSALS, 500, 502, 503)), *stream_error(1, *range(14)))
    return [
        Case("8.5", "CONNECT with a :path is malformed.", (headers(1, to.asked(method="CONNECT", scheme=None, path="/", authority="localhost:1")),), refused(),
             rests_on=CONNECT),
        Case("8.5", "CONNECT with a :scheme is malformed.", (headers(1, to.asked(method="CONNECT", path=None, authority="localhost:1")),), refused(),
             rests_on=CONNECT),
        Case("8.5", "CONNECT without an :authority is malformed.", (headers(1, to.asked(method="CONNECT", path=None, scheme=None, authority=None)),), refused(),
             rests_on="8.5: \"The \":authority\" pseudo-header field contains the host and port to connect to\"; \"A CONNECT request that does not conform to these"
                      " restrictions is malformed\""),
        Case("8.5", "CONNECT to anywhere is denied by who is no proxy for it.",
             (headers(1, to.asked(method="CONNECT", path=None, scheme=None, authority="localhost:1"), end=False), lambda peer: peer.until(lambda: peer.reply(1).over())), denied),
        Case("8441 4", "A :protocol that nobody knows is denied.",
             (headers(1, block((":method", "CONNECT"), (":protocol", "unheard-of"), (":scheme", to.scheme),
              (":authority", to.authority), (":path", "/")), end=False), lambda peer: peer.until(lambda: peer.reply(1).over())), denied),
    ]


def connections(to):
    def twenty(peer):
        for stream in range(1, 41, 2):
            peer.ask(stream)

    return [
        Case("9.1", "Requests one after the other share a connection.", (twenty,), lives(lambda peer: all(peer.reply(n).status == 200 for n in range(1, 41, 2)))),
        Case("9.1", "Requests all at once share a connection.", (b"".join(to.get(n) for n in range(1, 41, 2)), reply_on(39), settled()),
             lives(lambda peer: all(peer.reply(n).status == 200 for n in range(1, 41, 2)))),
        Case("10.5.1", "A head of 200 KiB is refused, one way or another.", (large_head(to),),
             (Answered(1, REFUSALS, lives=False), *stream_error(1, *range(1, 14)), *connection_error(*range(1, 14)))),
    ]


def large_head(to):
    def send(peer):
        peer.send(headers(1, to.asked(), flags=0))
        for number in range(14):
            peer.send(continuation(1, block((f"x-{number}", "a" * 14000)), last=number == 13))
    return send
