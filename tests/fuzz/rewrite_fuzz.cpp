#include "gateway/http/framing.hpp"
#include "gateway/http/target.hpp"
#include "gateway/rewriting/cookie_path.hpp"
#include "gateway/rewriting/path_rewrite.hpp"
#include "gateway/rewriting/redirect_template.hpp"
#include "policies/path_pattern.hpp"
#include "tests/fuzz/expect.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

using namespace yett;
using namespace yett::rewriting;

namespace {

std::string_view next_line(std::string_view& rest)
{
    auto const line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    return line;
}

// As an operator may write one; nothing else becomes a prefix.
std::string prefix_in(std::string_view line)
{
    auto const pattern = policies::path_pattern::from(line);
    auto const fits = pattern && !line.ends_with('/') && !pattern->is_open_ended() && pattern->spelled_out() == line &&
                      http::inspect_path(line).how == http::spelling::canonical;
    return fits ? std::string{line} : std::string{};
}

bool is_visible(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

// What an application is asked for is a path as the gate lets them in, on the host that was asked, below what is added.
void check_rewritten(path_rewrite::options const& wanted, http::target const& asked)
{
    auto const made = path_rewrite{wanted}.of(asked);
    if (!made) {
        FUZZ_EXPECT(made.error() == errc::internal);
        return;
    }
    auto const& where = (*made)->where();
    std::string const path{where.path_to_forward()};
    FUZZ_EXPECT(path.starts_with('/') && !path.starts_with("//"));
    FUZZ_EXPECT(is_visible(path) || wanted.lenient);
    for (auto const* part : {"\\", "#", "?", "%00", "%0A", "%0D"}) FUZZ_EXPECT(path.find(part) == path.npos);
    for (auto const* part : {"/./", "/../"}) FUZZ_EXPECT((path + "/").find(part) == std::string::npos);
    FUZZ_EXPECT(wanted.prefixes.is_below_added(path));
    FUZZ_EXPECT(where.query() == asked.query() && where.host() == asked.host());
    FUZZ_EXPECT(wanted.encoded_slash || !where.has_encoded_slash());
}

// Whatever an application says, its clients are not sent to another host.
void check_undone(prefix_change const& prefixes, std::string_view said)
{
    if (auto const back = prefixes.undone(said)) {
        FUZZ_EXPECT(back->starts_with('/'));
        auto const second = back->size() > 1 ? static_cast<unsigned char>((*back)[1]) : 'x';
        FUZZ_EXPECT(second != '/' && second != '\\' && second > ' ');
    }
    if (auto const back = prefixes.undone_for_cookie(said)) FUZZ_EXPECT(back->starts_with('/'));
    auto const cookie = "a=b; Path=" + std::string{said.substr(0, said.find(';'))};
    if (auto const told = with_path_undone(cookie, prefixes)) {
        FUZZ_EXPECT(told->starts_with("a=b; Path="));
        FUZZ_EXPECT(told->find('/') == told->find_first_not_of(" \t", 10));
    }
}

// Where nothing is replaced, going back leads to where the client was.
void check_round(prefix_change const& prefixes, std::string_view strip, http::target const& asked)
{
    auto const has_prefix = prefixes.stripped(asked.path()).size() != asked.path().size() || strip.empty();
    auto const forth = prefixes.with_added(prefixes.stripped(asked.path()));
    auto const back = prefixes.undone(forth);
    if (!has_prefix || !back || asked.path() == strip) return;
    FUZZ_EXPECT(*back == asked.path());
}

// The literal begin of a template is the begin of every address.
void check_redirect(std::string_view to, http::target const& asked)
{
    auto const made = redirect_template::from(to);
    if (!made) return;
    auto const address = made->address_for(asked);
    auto const literal = to.substr(0, to.find('{'));
    auto const fixed = literal.substr(0, literal.size() - (literal.ends_with('?') || literal.ends_with('&') ? 1 : 0));
    FUZZ_EXPECT(address.starts_with(fixed));
    FUZZ_EXPECT(is_visible(address));
    FUZZ_EXPECT(address.substr(0, address.find('?')).find('\\') == std::string::npos);
    auto const has_host = !to.starts_with('/');
    FUZZ_EXPECT(has_host || (address.starts_with('/') && !address.starts_with("//")));
    // Behind a host there is its slash before anything that came.
    if (has_host && literal.size() < to.size()) FUZZ_EXPECT(fixed.find('/', fixed.find("://") + 3) != fixed.npos);
}

} // namespace

// The input is lines: a prefix to strip, one to add, an expression, what replaces, where to redirect, flags, and the target.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    std::string_view rest{reinterpret_cast<char const*>(data), size};
    auto const strip = prefix_in(next_line(rest));
    auto const add = prefix_in(next_line(rest));
    auto const from = next_line(rest);
    auto const text = next_line(rest);
    auto const to = next_line(rest);
    auto const flags = next_line(rest);

    path_rewrite::options wanted;
    wanted.prefixes = prefix_change{strip, add};
    wanted.lenient = flags.find('l') != flags.npos;
    wanted.encoded_slash = flags.find('s') != flags.npos;
    wanted.double_encoding = flags.find('d') != flags.npos;
    if (auto made = path_replacement::from(from, text)) wanted.replacement = std::move(*made);
    check_undone(wanted.prefixes, rest);
    check_undone(wanted.prefixes, to);

    std::string const bytes = "GET " + std::string{rest} + " HTTP/1.1\r\nHost: yett.test\r\n\r\n";
    std::array<http::field, 8> fields;
    auto const head = http::framing::read_request(bytes, fields, {});
    if (!head) return 0;
    auto const asked = http::target::from(*head);
    if (!asked || !asked->path().starts_with('/')) return 0;
    check_rewritten(wanted, *asked);
    check_round(wanted.prefixes, strip, *asked);
    check_redirect(to, *asked);
    return 0;
}
