#include "gateway/http2/engine.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

using namespace yett;
using namespace yett::http2;

namespace {

// Takes every request and forgets it.
class server final : public engine_events
{
public:
    unsigned requests = 0;

private:
    stream* on_request(stream_id, field_section&, bool) override
    {
        ++requests;
        return nullptr;
    }
};

std::string frame(char type, char flags, std::string_view payload)
{
    std::string bytes{static_cast<char>(payload.size() >> 16),
                      static_cast<char>(payload.size() >> 8),
                      static_cast<char>(payload.size()),
                      type,
                      flags,
                      0,
                      0,
                      0,
                      1};
    return type == 4 ? bytes.replace(8, 1, 1, '\0').append(payload) : bytes.append(payload);
}

// A request whose section is in HEADERS and so many CONTINUATIONs, of which the last has `rest` more bytes.
std::string request_in(unsigned continuations, std::size_t rest = 0)
{
    std::string_view const section = "\x82\x84\x86\x41\x01"
                                     "a"; // GET, /, http, and :authority
    auto bytes = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, {}) + frame(1, 1, section);
    for (unsigned i = 1; i < continuations; ++i) bytes += frame(9, 0, {});
    return bytes + frame(9, 4, std::string(rest, '\x90'));
}

struct outcome
{
    result<void> taken;
    unsigned requests;
    std::optional<error_code> goodbye;
};

outcome take(std::string_view bytes, std::size_t step)
{
    server events;
    engine e{engine_options{}, events};
    result<void> taken;
    for (; taken && !bytes.empty(); bytes.remove_prefix(std::min(step, bytes.size())))
        taken = e.receive(bytes.substr(0, step), steady_time{});
    std::string out;
    e.gather(out, 4096);
    return {taken, events.requests, e.goodbye()};
}

} // namespace

TEST_CASE("engine: eight CONTINUATIONs are a request, however they are cut, and nine are a flood")
{
    for (std::size_t const step : {std::size_t{1}, std::size_t{4}, std::size_t{1000}}) {
        CAPTURE(step);
        auto const good = take(request_in(8), step);
        CHECK(good.taken.has_value());
        CHECK(good.requests == 1);
        auto const many = take(request_in(9), step);
        REQUIRE(!many.taken.has_value());
        CHECK(many.taken.error() == errc::rate_limited);
        CHECK(many.requests == 0);
        CHECK(many.goodbye == error_code::enhance_your_calm);
    }
}

TEST_CASE("engine: each section has CONTINUATIONs of its own")
{
    auto bytes = request_in(8);
    auto again = bytes.substr(bytes.find("SM\r\n\r\n") + 6 + 9);
    for (std::size_t at = 0; at < again.size(); at += 9 + static_cast<unsigned char>(again[at + 2])) again[at + 8] = 3;
    CHECK(take(bytes + again, 1000).requests == 2);
}

TEST_CASE("engine: a CONTINUATION longer than frames may be ends the connection")
{
    auto const found = take(request_in(1, 16 * 1024 + 1), 1000);
    REQUIRE(!found.taken.has_value());
    CHECK(found.taken.error() == errc::bad_request);
    CHECK(found.goodbye == error_code::frame_size_error);
    CHECK(found.requests == 0);
}
