#include "gateway/accounts/address.hpp"

#include "gateway/accounts/passwords/unicode.hpp"
#include "gateway/base/text/blanks.hpp"

#include <idn2.h>

#include <algorithm>
#include <cstdlib>

namespace yett::accounts {

namespace {

constexpr std::size_t longest_address = 254; // a path of 256 without its angle brackets
constexpr std::size_t longest_local = 64;
constexpr std::size_t longest_domain = 253;
constexpr std::size_t longest_label = 63;

error refuse(char const* why)
{
    return client_error(errc::email_invalid, why);
}

bool is_atom_character(char c) noexcept
{
    auto const byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) return true;
    constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.find(c) != others.npos;
}

bool is_dot_atom(std::string_view text) noexcept
{
    if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != text.npos) return false;
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '.' || is_atom_character(c); });
}

bool is_label(std::string_view label) noexcept
{
    if (label.empty() || label.size() > longest_label || label.front() == '-' || label.back() == '-') return false;
    return std::all_of(label.begin(), label.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool is_host_name(std::string_view domain) noexcept
{
    if (domain.empty() || domain.size() > longest_domain) return false;
    std::string_view label;
    for (auto rest = domain;;) {
        auto const dot = rest.find('.');
        label = rest.substr(0, dot);
        if (!is_label(label)) return false;
        if (dot == rest.npos) break;
        rest.remove_prefix(dot + 1);
    }
    // The top-level label of an IPv4 address is a number, that of a name never is (RFC 3696 section 2).
    return !std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Lower case and A-labels; empty when the name cannot be one.
std::string canonical_domain(std::string const& typed)
{
    char* made = nullptr;
    // Not IDN2_USE_STD3_ASCII_RULES: libidn2 2.3.3 drops the characters those rules forbid
    // and says nothing. Without it they stay, and is_host_name sees them.
    auto const flags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;
    if (idn2_to_ascii_8z(typed.c_str(), &made, flags) != IDN2_OK) return {};
    std::string domain{made};
    std::free(made);
    return is_host_name(domain) ? domain : std::string{};
}

} // namespace

result<address> parse_address(std::string_view typed)
{
    typed = without_blanks(typed);
    // Looked at before any library, which would stop at a NUL and might be slow on a novel.
    if (typed.size() > longest_address) return refuse("longer than 254 bytes");
    if (typed.find('\0') != typed.npos) return refuse("contains NUL");
    auto const text = to_nfc(typed);
    if (!text) return refuse("not UTF-8");
    if (!is_graphic(*text)) return refuse("contains a blank, a control or an unassigned character");

    auto const at = text->rfind('@');
    if (at == text->npos) return refuse("no @");
    auto const local = std::string_view{*text}.substr(0, at);
    if (local.size() > longest_local) return refuse("the part before the @ is longer than 64 bytes");
    if (!is_dot_atom(local)) return refuse("the part before the @ is no dot-atom");
    auto const domain = canonical_domain(text->substr(at + 1));
    if (domain.empty()) return refuse("the part after the @ is no host name");
    if (local.size() + 1 + domain.size() > longest_address) return refuse("longer than 254 bytes");

    address found;
    found.text.append(local).append("@").append(domain);
    found.key = fold_case(local) + "@" + domain;
    return found;
}

} // namespace yett::accounts
