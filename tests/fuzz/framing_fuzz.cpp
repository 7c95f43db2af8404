#include "gateway/http/chunks.hpp"
#include "gateway/http/framing.hpp"
#include "tests/fuzz/expect.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

using namespace yett;
using namespace yett::http;

namespace {

using storage = std::array<field, 100>;

template<class Head>
void append_fields(std::string& out, Head const& h)
{
    for (auto const& f : h.fields()) out.append(f.name).append(": ").append(f.value).append("\r\n");
    out += "\r\n";
}

template<class Head>
void expect_same_fields(Head const& a, Head const& b)
{
    FUZZ_EXPECT(a.fields().size() == b.fields().size());
    for (std::size_t i = 0; i < a.fields().size(); ++i) {
        FUZZ_EXPECT(a.fields()[i].name == b.fields()[i].name);
        FUZZ_EXPECT(a.fields()[i].value == b.fields()[i].value);
        FUZZ_EXPECT(a.fields()[i].id == b.fields()[i].id);
    }
}

// A head that was accepted and is written down again is the same head.
void check_request(std::string_view bytes)
{
    storage fields;
    framing::limits const limits;
    auto const read = framing::read_request(bytes, fields, limits);
    if (!read) return;

    std::string again;
    again.append(name_of(read->method())).append(" ").append(read->raw_target());
    again.append(read->version() == version::http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    append_fields(again, *read);
    storage other_fields;
    // "a:b" grows by a blank and may so pass the limit, which is no matter of meaning.
    framing::limits const wider{.header_bytes = limits.header_bytes + 200};
    auto const reread = framing::read_request(again, other_fields, wider);
    FUZZ_EXPECT(reread.has_value());
    FUZZ_EXPECT(reread->raw_target() == read->raw_target());
    FUZZ_EXPECT(reread->host() == read->host());
    FUZZ_EXPECT(reread->body() == read->body());
    FUZZ_EXPECT(reread->content_length() == read->content_length());
    FUZZ_EXPECT(reread->keep_alive() == read->keep_alive());
    FUZZ_EXPECT(reread->expects_continue() == read->expects_continue());
    expect_same_fields(*read, *reread);
    FUZZ_EXPECT(framing::end_of_head(again, 0) == again.size());
    FUZZ_EXPECT(framing::end_of_head(bytes, 0) == bytes.size());
}

void check_response(std::string_view bytes, method asked)
{
    storage fields;
    auto const read = framing::read_response(bytes, fields, asked, {});
    if (!read) {
        FUZZ_EXPECT(read.error() == errc::upstream_broken);
        return;
    }
    auto again =
        std::string{read->version() == version::http_1_0 ? "HTTP/1.0 " : "HTTP/1.1 "} + std::to_string(read->status()) + "\r\n";
    append_fields(again, *read);
    storage other_fields;
    auto const reread = framing::read_response(again, other_fields, asked, {.header_bytes = 20000});
    FUZZ_EXPECT(reread.has_value());
    FUZZ_EXPECT(reread->body() == read->body());
    FUZZ_EXPECT(reread->content_length() == read->content_length());
    FUZZ_EXPECT(reread->keep_alive() == read->keep_alive());
    expect_same_fields(*read, *reread);
}

// Where the end is found must not depend on how the reads cut the bytes.
void check_end(std::string_view bytes, std::size_t step)
{
    auto const whole = framing::end_of_response_head(bytes, 0);
    for (std::size_t seen = 0; seen < bytes.size();) {
        auto const have = std::min(seen + step, bytes.size());
        auto const end = framing::end_of_response_head(bytes.substr(0, have), seen);
        if (end != framing::npos) {
            FUZZ_EXPECT(end == whole);
            return;
        }
        seen = have;
    }
    FUZZ_EXPECT(whole == framing::npos);
}

struct chunk_outcome
{
    std::string data;
    std::size_t consumed = 0;
    bool broken = false;
    bool done = false;
};

chunk_outcome decode(std::string_view bytes, std::size_t step)
{
    chunk_decoder decoder;
    chunk_outcome o;
    while (o.consumed < bytes.size() && !decoder.done()) {
        std::string part{bytes.substr(o.consumed, step)};
        auto const got = decoder.decode(part);
        if (!got) {
            o.broken = true;
            return o;
        }
        o.data += got->data;
        o.consumed += got->consumed;
    }
    o.done = decoder.done();
    return o;
}

void check_chunks(std::string_view bytes, std::size_t step)
{
    auto const whole = decode(bytes, bytes.size() + 1);
    auto const cut = decode(bytes, step);
    FUZZ_EXPECT(whole.broken == cut.broken);
    if (whole.broken) return;
    FUZZ_EXPECT(whole.data == cut.data);
    FUZZ_EXPECT(whole.consumed == cut.consumed);
    FUZZ_EXPECT(whole.done == cut.done);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const bytes{reinterpret_cast<char const*>(data), size};
    auto const end = framing::end_of_head(bytes, 0);
    check_request(bytes.substr(0, std::min(end, size)));
    check_request(bytes);
    check_response(bytes, method::get);
    check_response(bytes, method::head);
    check_end(bytes, 1 + size % 7);
    check_chunks(bytes, 1 + size % 5);
    if (end < size) check_chunks(bytes.substr(end), 1 + size % 5);
    return 0;
}
