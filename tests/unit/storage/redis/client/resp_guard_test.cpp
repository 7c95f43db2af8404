#include "gateway/storage/redis/client/resp_guard.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::storage::redis;

namespace {

// What a guard says to all of it, handed over in pieces of so many bytes.
std::string verdict(std::string_view sent, std::size_t piece)
{
    resp_guard guard;
    for (std::size_t at = 0; at < sent.size(); at += piece) {
        auto const said = guard.inspect(sent.substr(at, piece));
        if (!said) return said.error().note();
    }
    return "";
}

std::string list_of(std::size_t items, std::string const& each)
{
    auto text = "*" + std::to_string(items) + "\r\n";
    for (std::size_t i = 0; i < items; ++i) text += each;
    return text;
}

std::string nested(std::size_t lists)
{
    std::string text;
    for (std::size_t i = 0; i < lists; ++i) text += "*1\r\n";
    return text + ":1\r\n";
}

std::string text_of(std::size_t bytes)
{
    return "$" + std::to_string(bytes) + "\r\n" + std::string(bytes, 'x') + "\r\n";
}

} // namespace

TEST_CASE("resp guard: what a reply may be, however it is cut into pieces")
{
    struct row
    {
        char const* what;
        std::string sent;
        char const* said; // empty: it may pass
    };
    row const rows[]{
        {"a status", "+OK\r\n", ""},
        {"a failure", "-ERR no such thing\r\n", ""},
        {"an integer", ":-9223372036854775808\r\n", ""},
        {"a text", "$5\r\nhello\r\n", ""},
        {"an empty text", "$0\r\n\r\n", ""},
        {"no text", "$-1\r\n", ""},
        {"a list", "*2\r\n:1\r\n$1\r\na\r\n", ""},
        {"an empty list", "*0\r\n+OK\r\n", ""},
        {"no list", "*-1\r\n+OK\r\n", ""},
        {"one after the other", "+OK\r\n:1\r\n*1\r\n+OK\r\n$1\r\n \r\n", ""},
        {"a text that looks like a header", "$15\r\n*4294967295\r\n$9\r\n+OK\r\n", ""},
        {"a text with all ends of lines", "$4\r\n\r\n\n\r\r\n", ""},
        {"as many items as may be", list_of(1024, ":1\r\n"), ""},
        {"as long a text as may be", text_of(1024 * 1024), ""},
        {"as deep as XREAD answers", nested(5), ""},
        {"a deep list with siblings", "*2\r\n*2\r\n*1\r\n:1\r\n:2\r\n*1\r\n*1\r\n*1\r\n:1\r\n", ""},
        {"four thousand million items", "*4294967295\r\n", "a list of 4294967295 items"},
        {"more than any number holds", "*99999999999999999999\r\n", "a list of 99999999999999999999 items"},
        {"one item too many", "*1025\r\n", "a list of 1025 items"},
        {"fewer than none", "*-2\r\n", "a list of -2 items"},
        {"a list inside", "*1\r\n*4294967295\r\n", "a list of 4294967295 items"},
        {"one byte too many", "$1048577\r\n", "a text of 1048577 bytes"},
        {"a text of less than nothing", "$-2\r\n", "a text of -2 bytes"},
        {"a text without a length", "$\r\n", "a text of  bytes"},
        {"a length with a sign", "$+1\r\na\r\n", "a text of +1 bytes"},
        {"a length with a blank", "$ 1\r\na\r\n", "a text of  1 bytes"},
        {"a text longer than announced", "$1\r\nab\r\n", "a text longer than announced"},
        {"a text that ends without LF", "$1\r\na\r+", "a text longer than announced"},
        {"one list too deep", nested(6), "lists in lists too deep"},
        {"an integer that is none", ":1a\r\n", "an integer that is none"},
        {"an integer that is too large", ":9223372036854775808\r\n", "an integer that is none"},
        {"nothing", "\r\n", "an empty line"},
        {"a line that ends without CR", "+OK\n", "a line that ends without CR"},
        {"RESP 3", "%1\r\n+a\r\n+b\r\n", "no reply of RESP 2"},
        {"HTTP", "HTTP/1.1 400 Bad Request\r\n", "no reply of RESP 2"},
        {"a line without an end", "-" + std::string(4096, 'x'), "a line without an end"},
        {"many items in all", list_of(17, list_of(1000, ":1\r\n")), "too many items in all"},
        {"many bytes in all", list_of(5, text_of(1000 * 1000)), "too many bytes in all"},
    };
    for (auto const& r : rows) {
        CAPTURE(r.what);
        for (auto const piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{16384}, r.sent.size()})
            CHECK(verdict(r.sent, piece) == r.said);
    }
}

TEST_CASE("resp guard: bounds are of one reply, not of a connection")
{
    resp_guard guard;
    auto const large = list_of(4, text_of(1000 * 1000));
    for (int i = 0; i < 3; ++i) CHECK(guard.inspect(large).has_value());
    auto const many = list_of(15, list_of(1000, ":1\r\n"));
    for (int i = 0; i < 3; ++i) CHECK(guard.inspect(many).has_value());
}
