#include "gateway/net/proxy_header.hpp"
#include "tests/fuzz/expect.hpp"

#include <cstdint>
#include <string_view>

using namespace yett;
using namespace yett::net;

namespace {

bool is_same(proxy_header const& a, proxy_header const& b)
{
    return a.bytes == b.bytes && a.client == b.client && a.tls == b.tls;
}

} // namespace

// The input is the beginning of a connection. What is found there does not depend on the pieces it
// comes in, nor on what follows.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const came{reinterpret_cast<char const*>(data), size};
    auto const whole = read_proxy_header(came);
    if (size >= longest_proxy_header) FUZZ_EXPECT(!whole || *whole);
    if (whole && *whole) {
        auto const bytes = (*whole)->bytes;
        FUZZ_EXPECT(bytes > 0 && bytes <= size && bytes <= longest_proxy_header);
        auto const alone = read_proxy_header(came.substr(0, bytes));
        FUZZ_EXPECT(alone && *alone && is_same(**alone, **whole));
    }
    // Once refused, always refused; once found, always the same; and until then more is needed.
    auto const end = whole && *whole ? (*whole)->bytes : size;
    for (std::size_t part = 0; part < end; ++part) {
        auto const early = read_proxy_header(came.substr(0, part));
        if (!early) FUZZ_EXPECT(!whole);
        else FUZZ_EXPECT(!*early);
        if (part > 256) part += 64;
    }
    return 0;
}
