#include "gateway/http/fields/websocket.hpp"

#include "gateway/http/framing.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace yett;
namespace websocket = yett::http::websocket;

namespace {

constexpr std::string_view sample_key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view sample_proof = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; // RFC 6455 section 1.3

enum class verdict
{
    ordinary,
    websocket,
    refused,
    another_version,
};

verdict verdict_on(std::string const& text)
{
    std::vector<http::field> storage(32);
    auto const head = http::framing::read_request(text, storage, {});
    REQUIRE(head.has_value());
    auto const asked = websocket::is_asked_for(*head);
    if (!asked) {
        CHECK(asked.error() == errc::bad_request);
        return verdict::refused;
    }
    if (*asked == websocket::asked::another_version) return verdict::another_version;
    return *asked == websocket::asked::websocket ? verdict::websocket : verdict::ordinary;
}

// A good handshake with some of its lines replaced.
struct handshake
{
    std::string line = "GET /chat HTTP/1.1";
    std::string connection = "Connection: Upgrade\r\n";
    std::string upgrade = "Upgrade: websocket\r\n";
    std::string key_field = "Sec-WebSocket-Key: " + std::string{sample_key} + "\r\n";
    std::string version = "Sec-WebSocket-Version: 13\r\n";
    std::string more = {};

    std::string text() const { return line + "\r\nHost: a\r\n" + connection + upgrade + key_field + version + more + "\r\n"; }
};

handshake with(std::string handshake::*part, std::string value)
{
    handshake h;
    h.*part = std::move(value);
    return h;
}

bool accepted(std::string const& text)
{
    std::vector<http::field> storage(32);
    auto const head = http::framing::read_response(text, storage, http::method::get, {});
    return head && websocket::is_accepted(*head, sample_key);
}

std::string frame(unsigned opcode, std::size_t length, bool masked = false)
{
    std::string out{static_cast<char>(0x80 | opcode)};
    auto const mask = masked ? 0x80u : 0u;
    auto const put = [&out](std::uint64_t number, int bytes) {
        for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(number >> (8 * i) & 0xff);
    };
    if (length < 126) put(mask | length, 1);
    else if (length < 65536) put(mask | 126, 1), put(length, 2);
    else put(mask | 127, 1), put(length, 8);
    if (masked) out += "mask";
    return out.append(length, 'x');
}

} // namespace

TEST_CASE("websocket: a handshake is passed on when it is exactly right")
{
    using h = handshake;
    struct row
    {
        char const* what;
        handshake asked;
        verdict wanted;
    };
    std::vector<row> const rows{
        {"as in the RFC", {}, verdict::websocket},
        {"Connection with more than one name", with(&h::connection, "Connection: keep-alive, upgrade\r\n"), verdict::websocket},
        {"two Connection fields", with(&h::connection, "Connection: keep-alive\r\nConnection: UPGRADE\r\n"), verdict::websocket},
        {"another case", with(&h::upgrade, "upgrade: WebSocket\r\n"), verdict::websocket},
        {"subprotocols and extensions",
         with(&h::more, "Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"), verdict::websocket},

        {"a length of zero", with(&h::more, "Content-Length: 0\r\n"), verdict::websocket},
        {"a length of many zeros", with(&h::more, "Content-Length: 000\r\n"), verdict::websocket},

        {"no Upgrade at all", with(&h::upgrade, ""), verdict::ordinary},
        {"h2c", with(&h::upgrade, "Upgrade: h2c\r\n"), verdict::ordinary},
        {"a longer name", with(&h::upgrade, "Upgrade: websockets\r\n"), verdict::ordinary},
        {"a version behind the name", with(&h::upgrade, "Upgrade: websocket/13\r\n"), verdict::ordinary},
        {"HTTP/1.0, which knows no Upgrade", with(&h::line, "GET /chat HTTP/1.0"), verdict::ordinary},

        {"h2c as well", with(&h::upgrade, "Upgrade: websocket, h2c\r\n"), verdict::refused},
        {"h2c first", with(&h::upgrade, "Upgrade: h2c\r\nUpgrade: websocket\r\n"), verdict::refused},
        {"twice", with(&h::upgrade, "Upgrade: websocket\r\nUpgrade: websocket\r\n"), verdict::refused},
        {"POST", with(&h::line, "POST /chat HTTP/1.1"), verdict::refused},
        {"HEAD", with(&h::line, "HEAD /chat HTTP/1.1"), verdict::refused},
        {"a body with a length", with(&h::more, "Content-Length: 5\r\n"), verdict::refused},
        {"a body in chunks", with(&h::more, "Transfer-Encoding: chunked\r\n"), verdict::refused},
        {"no Connection", with(&h::connection, ""), verdict::refused},
        {"Connection without upgrade", with(&h::connection, "Connection: keep-alive\r\n"), verdict::refused},
        {"a nominated key", with(&h::connection, "Connection: Upgrade, Sec-WebSocket-Key\r\n"), verdict::refused},
        {"a nominated version", with(&h::connection, "Connection: Upgrade\r\nConnection: sec-websocket-version\r\n"),
         verdict::refused},
        {"no key", with(&h::key_field, ""), verdict::refused},
        {"an empty key", with(&h::key_field, "Sec-WebSocket-Key:\r\n"), verdict::refused},
        {"two keys", with(&h::more, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"), verdict::refused},
        {"the same key twice", with(&h::more, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), verdict::refused},
        {"15 bytes", with(&h::key_field, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA\r\n"), verdict::refused},
        {"17 bytes", with(&h::key_field, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA=\r\n"), verdict::refused},
        {"no padding", with(&h::key_field, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA\r\n"), verdict::refused},
        {"bits that count for nothing", with(&h::key_field, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAB==\r\n"), verdict::refused},
        {"base64url", with(&h::key_field, "Sec-WebSocket-Key: AAAA-AAA_AAAAAAAAAAAAA==\r\n"), verdict::refused},
        {"no version", with(&h::version, ""), verdict::refused},
        {"version 8", with(&h::version, "Sec-WebSocket-Version: 8\r\n"), verdict::another_version},
        {"a list of versions", with(&h::version, "Sec-WebSocket-Version: 13, 8\r\n"), verdict::another_version},
        {"an empty version", with(&h::version, "Sec-WebSocket-Version:\r\n"), verdict::another_version},
        {"another version and no good key", handshake{.key_field = "", .version = "Sec-WebSocket-Version: 14\r\n"},
         verdict::refused},
        {"two versions", with(&h::more, "Sec-WebSocket-Version: 13\r\n"), verdict::refused},
    };
    for (auto const& r : rows) {
        CAPTURE(r.what);
        CHECK(verdict_on(r.asked.text()) == r.wanted);
    }
}

TEST_CASE("websocket: the proof is the one of the RFC")
{
    CHECK(websocket::accept_for(sample_key) == sample_proof);
}

TEST_CASE("websocket: a 101 counts when it answers the handshake")
{
    auto const reply = [](std::string const& fields) { return "HTTP/1.1 101 Switching Protocols\r\n" + fields + "\r\n"; };
    std::string const proof = "Sec-WebSocket-Accept: " + std::string{sample_proof} + "\r\n";
    std::string const switches = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
    CHECK(accepted(reply(switches + proof)));
    CHECK(accepted(reply("upgrade: WebSocket\r\nconnection: keep-alive, upgrade\r\n" + proof)));
    CHECK(accepted(reply(switches + proof + "Sec-WebSocket-Protocol: chat\r\n")));
    // No body can follow, whatever is announced (RFC 9112 section 6.3).
    for (auto const* vain : {"Content-Length: 0\r\n", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"})
        CHECK(accepted(reply(switches + proof + vain)));
    for (auto const& fields : std::vector<std::string>{
             switches, // no proof
             switches + proof + proof,
             switches + "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
             switches + "Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==\r\n",
             switches + "Sec-WebSocket-Accept:\r\n",
             "Upgrade: websocket\r\n" + proof, // no Connection
             "Connection: Upgrade\r\n" + proof,
             "Upgrade: h2c\r\nConnection: Upgrade\r\n" + proof,
             "Upgrade: websocket, h2c\r\nConnection: Upgrade\r\n" + proof,
             switches + "Upgrade: websocket\r\n" + proof,
         }) {
        CAPTURE(fields);
        CHECK_FALSE(accepted(reply(fields)));
    }
    CHECK_FALSE(accepted("HTTP/1.1 200 OK\r\n" + switches + proof + "\r\n"));
    CHECK_FALSE(accepted("HTTP/1.0 101 Switching Protocols\r\n" + switches + proof + "\r\n"));
}

TEST_CASE("websocket: frames are followed however their bytes are cut")
{
    std::vector<std::string> const all{frame(1, 0),       frame(2, 1),         frame(9, 125),
                                       frame(2, 126),     frame(0, 65535),     frame(2, 65536),
                                       frame(1, 5, true), frame(2, 200, true), frame(10, 0, true)};
    std::string text;
    std::vector<std::size_t> ends;
    for (auto const& each : all) {
        text += each;
        ends.push_back(text.size());
    }
    for (std::size_t const piece : {1, 2, 3, 7, 1000, 1 << 20}) {
        CAPTURE(piece);
        websocket::frames walk;
        std::vector<std::size_t> found;
        for (std::size_t at = 0; at < text.size();) {
            auto const used = walk.follow(std::string_view{text}.substr(at, std::min(piece, text.size() - at)));
            REQUIRE(used > 0);
            at += used;
            if (walk.at_boundary()) found.push_back(at);
        }
        CHECK(found == ends);
        CHECK_FALSE(walk.closed());
    }
}

TEST_CASE("websocket: behind a close frame nothing is said any more")
{
    websocket::frames walk;
    CHECK(walk.at_boundary());
    walk.follow_all(frame(1, 3) + "\x88");
    CHECK_FALSE(walk.at_boundary());
    CHECK_FALSE(walk.closed());
    walk.follow_all(std::string_view{"\x02\x03", 2});
    CHECK_FALSE(walk.closed());
    walk.follow_all("\xe8");
    CHECK(walk.at_boundary());
    CHECK(walk.closed());
    walk.follow_all(frame(1, 3));
    CHECK(walk.closed());
}

TEST_CASE("websocket: a frame that claims to be endless has no end")
{
    websocket::frames walk;
    walk.follow_all(std::string{"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10} + std::string(100000, 'x'));
    CHECK_FALSE(walk.at_boundary());
}

TEST_CASE("websocket: a close frame is not masked and carries its code")
{
    auto const made = websocket::close_frame(websocket::close_code::session_ended);
    CHECK(std::string_view{made.data(), made.size()} == std::string_view{"\x88\x02\x0f\xa1", 4});
    websocket::frames walk;
    walk.follow_all({made.data(), made.size()});
    CHECK(walk.closed());
}
