#include "gateway/http/chunks.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::http;
using namespace std::string_literals;

namespace {

struct outcome
{
    std::string data;
    bool done = false;
    bool broken = false;
    std::size_t left = 0; // bytes behind the end
    std::size_t trailers = 0;
};

// Feeds the bytes in parts of that size.
outcome decode(std::string bytes, std::size_t part, chunk_decoder::limits const& limits = {})
{
    chunk_decoder decoder{limits};
    outcome o;
    std::size_t at = 0;
    while (at < bytes.size() && !decoder.done()) {
        std::string piece = bytes.substr(at, part);
        auto const got = decoder.decode(piece);
        if (!got) {
            CHECK(got.error() == errc::bad_request);
            o.broken = true;
            CHECK(decoder.decode(piece).has_error());
            return o;
        }
        o.data += got->data;
        at += got->consumed;
        CHECK((got->consumed == piece.size() || decoder.done()));
    }
    o.done = decoder.done();
    o.left = bytes.size() - at;
    o.trailers = decoder.trailer_fields_seen();
    return o;
}

} // namespace

TEST_CASE("chunks: the data is the same however the reads cut it")
{
    auto const bytes =
        "5\r\nhello\r\n1;a\r\n,\r\n1;a=b;c=\"d \\\" ; e\"\r\n \r\n0b\r\nwonderful w\r\n4\r\norld\r\n000\r\nX-Sum: 1\r\nY:\r\n\r\nNEXT"s;
    for (std::size_t part = 1; part <= bytes.size(); ++part) {
        auto const o = decode(bytes, part);
        CAPTURE(part);
        CHECK(o.data == "hello, wonderful world");
        CHECK(o.done);
        CHECK(o.left == 4);
        CHECK(o.trailers == 2);
    }
}

TEST_CASE("chunks: the data of a single chunk is not moved")
{
    auto bytes = "5\r\nhello\r\n"s;
    chunk_decoder decoder;
    auto const got = decoder.decode(bytes);
    REQUIRE(got.has_value());
    CHECK(got->data.data() == bytes.data() + 3);
    CHECK(got->data == "hello");
    CHECK_FALSE(decoder.done());
}

TEST_CASE("chunks: binary data passes through")
{
    std::string data;
    for (int i = 0; i < 256; ++i) data += static_cast<char>(i);
    auto const o = decode("100\r\n" + data + "\r\n0\r\n\r\n", 7);
    CHECK(o.data == data);
    CHECK(o.done);
}

TEST_CASE("chunks: an incomplete body is neither done nor broken")
{
    for (auto const* bytes :
         {"", "5", "5\r", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r", "5\r\nhello\r\n", "5\r\nhello\r\n0", "0\r\n",
          "0\r\n\r", "0\r\nX", "0\r\nX: y\r\n", "0\r\nX: y\r\n\r", "5;a", "5;a=\"b"}) {
        auto const o = decode(bytes, 100);
        CAPTURE(bytes);
        CHECK_FALSE(o.done);
        CHECK_FALSE(o.broken);
    }
}

TEST_CASE("chunks: a malformed size is refused")
{
    for (auto const* size : {"",
                             " 5",
                             "5 ",
                             "\t5",
                             "5\t",
                             "+5",
                             "-1",
                             "-0",
                             "0x5",
                             "0X5",
                             "x",
                             "g",
                             "5g",
                             "1_0",
                             "5,5",
                             "5 5",
                             "\xd9\xa5",
                             "5h",
                             "FFFFFFFFFFFFFFFF",
                             "FFFFFFFFFFFFFFFF0",
                             "8000000000000000",
                             "10000000000000000",
                             "00000000000000000000FFFFFFFFFFFFFFFF",
                             "0000000000000000000 5",
                             "5.",
                             "\"5\"",
                             "=5"}) {
        for (std::size_t part : {1, 1000}) {
            auto const o = decode(size + "\r\nhello\r\n0\r\n\r\n"s, part);
            CAPTURE(size);
            CHECK(o.broken);
        }
    }
    CHECK(decode("\0"
                 "5\r\nhello\r\n"s,
                 100)
              .broken);
    CHECK(decode("000000000000005\r\nhello\r\n0\r\n\r\n", 100).done);
}

TEST_CASE("chunks: leading zeros say nothing, within the bounds of a line")
{
    for (auto const& size : {"00000000000000000005"s, std::string(200, '0') + "5", "0000000000000005"s}) {
        for (std::size_t part : {1, 7, 1000}) {
            auto const o = decode(size + "\r\nhello\r\n" + std::string(20, '0') + "\r\n\r\n", part);
            CAPTURE(size);
            CHECK(o.done);
            CHECK(o.data == "hello");
        }
    }
    CHECK(decode(std::string(20000, '0') + "5\r\nhello\r\n0\r\n\r\n", 1000).broken);
}

TEST_CASE("chunks: lines that do not end in CRLF are refused")
{
    for (auto const* bytes : {"5\nhello\r\n0\r\n\r\n", "5\rhello\r\n0\r\n\r\n", "5\r\r\nhello\r\n", "5\r\nhello\n0\r\n\r\n",
                              "5\r\nhello\r0\r\n\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello!!\r\n0\r\n\r\n",
                              "5\r\nhell\r\n0\r\n\r\n", "5\r\nhello\r\n0\n\r\n", "5\r\nhello\r\n0\r\n\n", "0\r\nX: y\n\r\n",
                              "0\r\nX: y\r\r\n", "0\r\n\rX", "5\r\nhello\r\n\r\n0\r\n\r\n", "\r\n5\r\nhello\r\n"})
        CHECK_MESSAGE(decode(bytes, 100).broken, bytes);
}

TEST_CASE("chunks: malformed extensions are refused")
{
    for (auto const* extension :
         {";",     ";=",    ";a=",    ";;a",         ";a;",       "; a",   ";a ",    " ;a",         ";a =b",
          ";a= b", ";a b",  ";a=\"b", ";a=\"b\"c",   ";a=b\"c\"", ";[",    ";a=[",   ";a=\"\x01\"", ";a=\"\\\x01\"",
          ";a\n",  ";a\rb", ";\n",    ";a=\"\r\n\"", ";a=\"\n\"", " erfr", ";a=b=c", ";caf\xc3\xa9"})
        CHECK_MESSAGE(decode("2"s + extension + "\r\naa\r\n0\r\n\r\n", 100).broken, extension);
    for (auto const* extension : {";a", ";a=b", ";a=\"\"", ";a=\"b;c\\\"\"", ";a;b;c=d", ";a=\"caf\xc3\xa9\t\""})
        CHECK_MESSAGE(decode("2"s + extension + "\r\naa\r\n0"s + extension + "\r\n\r\n", 100).done, extension);
}

TEST_CASE("chunks: malformed trailers are refused, good ones are no part of the data")
{
    for (auto const* trailer : {"X", ": a", "X : a", " X: a", "X: a\r\n b", "X: \x01", "X@: a", "caf\xc3\xa9: a"})
        CHECK_MESSAGE(decode("0\r\n"s + trailer + "\r\n\r\n", 100).broken, trailer);
    auto const o = decode(
        "2\r\nab\r\n0\r\nContent-Length: 50\r\nTransfer-Encoding: chunked\r\nHost: evil\r\nAuthorization: Bearer x\r\n\r\n", 100);
    CHECK(o.done);
    CHECK(o.data == "ab");
    CHECK(o.trailers == 4);
}

TEST_CASE("chunks: trailers are kept as fields, however the reads cut them")
{
    auto const bytes = "2\r\nab\r\n0\r\ngrpc-status: 0\r\nX-Sum:\t a b \r\nETag:\r\nX-Sum: again\r\n\r\nNEXT"s;
    for (std::size_t part = 1; part <= bytes.size(); ++part) {
        CAPTURE(part);
        chunk_decoder decoder;
        for (std::size_t at = 0; !decoder.done();) {
            CHECK(decoder.trailers().empty());
            auto piece = bytes.substr(at, part);
            at += decoder.decode(piece)->consumed;
        }
        auto const kept = decoder.trailers();
        REQUIRE(kept.size() == 4);
        CHECK(kept[0].name == "grpc-status");
        CHECK(kept[0].value == "0");
        CHECK(kept[0].id == known::other);
        CHECK(kept[1].value == "a b");
        CHECK(kept[2].name == "ETag");
        CHECK(kept[2].value.empty());
        CHECK(kept[3].value == "again");
    }
}

TEST_CASE("chunks: most bodies have no trailers")
{
    chunk_decoder decoder;
    auto bytes = "2\r\nab\r\n0\r\n\r\n"s;
    CHECK(decoder.decode(bytes).has_value());
    CHECK(decoder.done());
    CHECK(decoder.trailers().empty());
}

TEST_CASE("chunks: extension bytes are bounded, in one line and in many")
{
    CHECK(decode("1;" + std::string(20000, 'a') + "\r\nx\r\n", 1000).broken);
    CHECK(decode("1;" + std::string(1000000, 'a'), 1000).broken);
    CHECK_FALSE(decode("1;" + std::string(10000, 'a') + "\r\nx\r\n0\r\n\r\n", 1000).broken);
    std::string many;
    for (int i = 0; i < 400; ++i) many += "1;" + std::string(100, 'a') + "\r\nx\r\n";
    CHECK(decode(many + "0\r\n\r\n", 1000).broken);
}

TEST_CASE("chunks: a body in very small chunks is fair, and large chunks pay for small extensions")
{
    std::string small;
    for (int i = 0; i < 100000; ++i) small += "1\r\nx\r\n";
    CHECK(decode(small + "0\r\n\r\n", 4096).data.size() == 100000);
    std::string large;
    for (int i = 0; i < 1000; ++i) large += "40;" + std::string(100, 'a') + "\r\n" + std::string(64, 'x') + "\r\n";
    CHECK(decode(large + "0\r\n\r\n", 4096).done);
}

TEST_CASE("chunks: trailer bytes and fields are bounded")
{
    CHECK(decode("0\r\nX: " + std::string(9000, 'a') + "\r\n\r\n", 100).broken);
    std::string many;
    for (int i = 0; i < 65; ++i) many += "X: y\r\n";
    CHECK(decode("0\r\n" + many + "\r\n", 100).broken);
    CHECK(decode("0\r\n" + many.substr(6) + "\r\n", 100).done);
}

TEST_CASE("chunks: what is written is read back")
{
    chunk_line_buffer buffer;
    CHECK(chunk_line(0x1f, buffer) == "1f\r\n");
    CHECK(chunk_line(1, buffer) == "1\r\n");
    CHECK(chunk_line(~std::uint64_t{0}, buffer) == "ffffffffffffffff\r\n");
    for (std::size_t size : {1, 15, 16, 17, 4095, 65536}) {
        std::string const data(size, 'z');
        auto const bytes = std::string{chunk_line(size, buffer)} + data + std::string{chunk_end} + std::string{last_chunk};
        auto const o = decode(bytes, 1000);
        CHECK(o.done);
        CHECK(o.data == data);
    }
}

TEST_CASE("chunks: blanks behind sizes and around extensions are refused, but where they are tolerated")
{
    chunk_decoder::limits const tolerant{.blanks = true};
    for (auto const* line : {"5 ", "5\t", "5 \t  ", "5 ;a", "5; a", "5;a ", "5;a =b", "5;a= b", "5;a=b ", "5;a=\"b\" ",
                             "5 ; a = b ; c", "00005   "}) {
        auto const bytes = line + "\r\nhello\r\n0 \r\n\r\nNEXT"s;
        CAPTURE(line);
        for (std::size_t const part : {std::size_t{1}, bytes.size()}) {
            CHECK(decode(bytes, part).broken);
            auto const o = decode(bytes, part, tolerant);
            CHECK(o.data == "hello");
            CHECK(o.done);
            CHECK(o.left == 4);
        }
    }
    for (auto const* line : {" 5", "5 5", "5 a", "5\v", "5 \n", "5;a b", "5;a=b c", "5;a=\"b\" c", "", " ", "5;=b", "0x5 "}) {
        CAPTURE(line);
        CHECK(decode(line + "\r\nhello\r\n0\r\n\r\n"s, 1, tolerant).broken);
    }
    CHECK(decode("5" + std::string(20000, ' ') + "\r\nhello\r\n0\r\n\r\n", 4096, tolerant).broken);
}
