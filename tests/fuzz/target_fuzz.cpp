#include "gateway/http/framing.hpp"
#include "gateway/http/path_readings.hpp"
#include "gateway/http/target.hpp"
#include "tests/fuzz/expect.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

using namespace yett;
using namespace yett::http;

namespace {

struct spelled
{
    std::string path;
    std::string query;
    std::string host;
    std::string sent_path;
    bool encoded_slash;
    path_doubts doubts;
};

std::optional<spelled> spell(std::string_view method, std::string_view raw, std::string_view host)
{
    std::string bytes;
    bytes.append(method).append(" ").append(raw).append(" HTTP/1.1\r\nHost: ").append(host).append("\r\n\r\n");
    std::array<field, 8> fields;
    auto const h = framing::read_request(bytes, fields, {});
    if (!h) return {};
    auto made = target::from(*h);
    if (!made) return {};
    target const moved{std::move(*made)};
    return spelled{std::string{moved.path()},      std::string{moved.query()}, std::string{moved.host()},
                   std::string{moved.sent_path()}, moved.has_encoded_slash(),  moved.doubts()};
}

bool holds(std::string const& text, char const* part)
{
    return text.find(part) != std::string::npos;
}

// Whatever is read in a path passes the gate itself: it is canonical, holds nothing that is
// never let through, and reading it again brings nothing new to light.
void check_readings(spelled const& once)
{
    auto const readings = read_in_every_way(once.sent_path, {.lenient = true});
    if (!readings) return;
    FUZZ_EXPECT(readings->front().path == once.path);
    for (auto const& each : *readings) {
        auto const found = inspect_path(each.path);
        FUZZ_EXPECT(found.how == spelling::canonical);
        FUZZ_EXPECT(found.encoded_slash == each.encoded_slash);
        for (auto const* part : {"\\", "#", "?", "%00", "%0A", "%7F"}) FUZZ_EXPECT(!holds(each.path, part));
        auto const again = read_in_every_way(each.path, {.lenient = true});
        if (!again) continue; // there may be more of them than of the path's
        for (auto const& deeper : *again) {
            auto const same = [&deeper](path_reading const& r) { return r.path == deeper.path; };
            FUZZ_EXPECT(std::any_of(readings->begin(), readings->end(), same));
        }
    }
}

} // namespace

// The input is a target, then a line end and a Host if it holds one.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view const bytes{reinterpret_cast<char const*>(data), size};
    auto const line = bytes.find('\n');
    auto const raw = bytes.substr(0, line);
    auto const host = line == std::string_view::npos ? std::string_view{"yett.test"} : bytes.substr(line + 1);
    for (std::string_view const method : {"GET", "OPTIONS"}) {
        auto const once = spell(method, raw, host);
        if (!once) continue;
        auto const twice = spell(method, once->path, once->host);
        FUZZ_EXPECT(twice.has_value());
        FUZZ_EXPECT(twice->path == once->path);
        FUZZ_EXPECT(twice->host == once->host);
        FUZZ_EXPECT(twice->encoded_slash == once->encoded_slash);
        for (char c : once->query) FUZZ_EXPECT(c > 0x20 && c < 0x7f);
        if (once->path == "*") continue;
        FUZZ_EXPECT(once->path.starts_with('/'));
        FUZZ_EXPECT(once->encoded_slash == holds(once->path, "%2F"));
        for (auto const* part : {"\\", "#", "?", "%2f", "%00", "%2E", "%41"}) FUZZ_EXPECT(!holds(once->path, part));
        auto const& doubts = once->doubts;
        FUZZ_EXPECT(!holds(once->path, "//") || doubts.has(doubt::empty_segment));
        FUZZ_EXPECT(!holds(once->path, ";") || doubts.has(doubt::parameter));
        FUZZ_EXPECT(!holds(once->path, "%5C") || doubts.has(doubt::backslash));
        check_readings(*once);
        for (auto const* part : {"/./", "/../"}) FUZZ_EXPECT(!holds(once->path + "/", part));
        for (char c : once->path) FUZZ_EXPECT(c > 0x20 && c < 0x7f);
    }
    return 0;
}
