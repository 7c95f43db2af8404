#include "config/tables/table.hpp"

#include <algorithm>
#include <array>
#include <optional>

// Keys of `accounts` and `passwords`. A section's `finish` looks at what its keys say together;
// what concerns other sections, too, is in config/validation.

namespace yett::config {
namespace {

using std::chrono::days;
using std::chrono::minutes;
using yett::accounts::hashing_rules;

// Leads nowhere but to this site.
result<std::string> parse_local_path(std::string_view text)
{
    if (!text.starts_with('/') || text.starts_with("//") || text.find('\\') != text.npos)
        return wrong("is not a path of this site; it begins with one slash");
    return std::string{text};
}

// Both forms of CSS: six digits, or three that stand for two alike each.
std::optional<unsigned> digit_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    auto const letter = static_cast<char>(c | 0x20);
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    return {};
}

result<color> parse_color(std::string_view text)
{
    auto fault = wrong("is no colour; allowed, in quotes: #rrggbb, #rgb");
    if ((text.size() != 7 && text.size() != 4) || text.front() != '#') return fault;
    std::array<unsigned, 6> digits{};
    for (std::size_t i = 0; i < digits.size(); ++i) {
        auto const digit = digit_of(text[1 + (text.size() == 7 ? i : i / 2)]);
        if (!digit) return fault;
        digits[i] = *digit;
    }
    auto const channel = [&digits](std::size_t i) { return static_cast<std::uint8_t>(digits[2 * i] * 16 + digits[2 * i + 1]); };
    return color{channel(0), channel(1), channel(2)};
}

// Quoted, because # begins a comment in YAML: what is shown can be written into a file.
std::string show_color(color const& c)
{
    return fmt::format("\"#{:02x}{:02x}{:02x}\"", c.red, c.green, c.blue);
}

// A part of a cookie's name, RFC 6265 section 4.1.1; what browsers read a promise from stands before it.
result<std::string> parse_cookie_name(std::string_view text)
{
    constexpr std::size_t longest = 32;
    auto const fits = [](char c) {
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' || c == '-';
    };
    if (text.empty() || text.size() > longest || !std::ranges::all_of(text, fits) || text.starts_with("__"))
        return wrong("is no part of a cookie's name: 1 to 32 letters, digits, _ and -, not beginning with __");
    return std::string{text};
}

// The combination that browsers drop without a word is an error here (RFC 6265bis).
section<cookie> const& cookie_keys()
{
    static section<cookie> const keys{
        {
            value(
                "name", &cookie::name, text_of("name", parse_cookie_name),
                "The middle of the names of Yett's cookies, `__Host-NAME_access`: gateways of one domain, as production beside "
                "staging, do not get in each other's way with names of their own. `yett_…` never reaches the application, either."),
            value("domain", &cookie::domain, nullable(text_of("host", parse_host_name)),
                  "The `Domain` of Yett's cookies; null keeps them to the host that set them."),
            value("same_site", &cookie::same_site,
                  one_of<same_site>({{"lax", same_site::lax}, {"strict", same_site::strict}, {"none", same_site::none}}),
                  "Their `SameSite`."),
            value("secure", &cookie::secure, boolean(), "Their `Secure`: browsers send them over TLS alone."),
        },
        [](reading& r, spot const& at, cookie& c) {
            if (c.same_site == same_site::none && !c.secure)
                r.complain_at(at.path + ".same_site", "none needs secure: true; browsers drop the cookie otherwise");
        },
    };
    return keys;
}

section<pages> const& page_keys()
{
    static section<pages> const keys{
        {
            value("enabled", &pages::enabled, boolean(), "Whether people get pages for signing in and registering."),
            value("brand", &pages::brand, text(), "The name they show."),
            value("color", &pages::color, codec<color>{"colour", {}, parse_color, show_color},
                  "Of buttons, links and the icon, in quotes; brought to a contrast that can be read where it has to be."),
            file("logo", &pages::logo,
                 "A picture beside the name: svg, png, webp or jpg, at most 8 KiB. Read at the start and served by Yett."),
            value("after_login", &pages::after_login, text_of("path", parse_local_path),
                  "Where they lead when nothing else was asked for."),
            value("after_logout", &pages::after_logout, nullable(text_of("path", parse_local_path)),
                  "Where signing out leads when nothing else was asked for; null is the login page."),
        },
        {},
    };
    return keys;
}

// RFC 6749 section 3.3, without the comma that separates them in identity headers.
result<std::string> parse_scope(std::string_view text)
{
    auto const fits = [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != ','; };
    if (text.empty() || text.size() > 128 || !std::ranges::all_of(text, fits))
        return wrong("is not a scope: 1 to 128 visible ASCII characters without quotes, backslashes and commas");
    return std::string{text};
}

section<yett::accounts::api_key_rules> const& api_key_keys()
{
    using api_keys = yett::accounts::api_key_rules;
    static section<api_keys> const keys{
        {
            value("self_service", &api_keys::self_service, boolean(),
                  "Whether users make keys of their own; operators always can."),
            values("scopes", &api_keys::scopes, text_of("scope", parse_scope), emptiness::allowed,
                   "What users choose the scopes of a key from."),
            value("max_ttl", &api_keys::longest_ttl, duration<seconds>(minutes{1}, days{3650}),
                  "How long users' keys are good, at most and unless they ask for less."),
            value("per_user", &api_keys::most, count<std::uint64_t>(1, 10'000), "How many keys a user has, at most."),
        },
        {},
    };
    return keys;
}

section<yett::accounts::account_rules> const& session_keys()
{
    using a = yett::accounts::account_rules;
    static section<a> const keys{
        {value("per_user", &a::sessions_per_user, count<std::uint64_t>(1, 100'000),
               "How many sessions a user has, at most; with one more login the one that was used longest ago ends. Programs "
               "that sign in each time they run want more than people.")},
        {},
    };
    return keys;
}

// One prefix below another would leave it open who answers.
void finish_accounts(reading& r, spot const& at, accounts& a)
{
    for (std::size_t i = 0; i < a.prefix.size(); ++i) {
        auto const above = [&](std::string const& other) {
            return (a.prefix[i] + "/").starts_with(other + "/") && (other != a.prefix[i] || &other < &a.prefix[i]);
        };
        if (auto const found = std::ranges::find_if(a.prefix, above); found != a.prefix.end())
            r.complain_at(fmt::format("{}.prefix[{}]", at.path, i), fmt::format("lies below {}, which is a prefix too", *found));
    }
}

// The lower bound of memory is below what OWASP advises, for machines with little of it; the upper
// one keeps a slip of the pen from making every login fail.
section<passwords> const& argon2id_keys()
{
    using p = passwords;
    static section<p> const keys{
        {
            value("memory", &p::argon2id_memory, size(8 << 20, 2ull << 30), "Memory of one hash."),
            value("iterations", &p::argon2id_iterations, count<unsigned>(1, 16),
                  "Passes over it; memory times passes is at most 2GiB."),
            value("parallelism", &p::argon2id_parallelism, count<unsigned>(1, 1), "Lanes; one is all that the library knows."),
        },
        {},
    };
    return keys;
}

section<hashing_rules> const& bcrypt_keys()
{
    static section<hashing_rules> const keys{
        {value("cost", &hashing_rules::bcrypt_cost, count<unsigned>(10, 15), "Rounds, as a power of two.")}, {}};
    return keys;
}

section<hashing_rules> const& hashing_keys()
{
    using h = hashing_rules;
    static section<h> const keys{
        {
            value("threads", &h::threads, count_or_auto(256),
                  "Threads that hash; auto is one per core, but for one core that stays free."),
            value("memory", &h::memory, size(8 << 20, 1ull << 36), "Memory of all hashes that run at the same time."),
            value("queue", &h::queue, count<std::uint64_t>(1, 100'000), "Logins that may wait; more are answered with 503."),
            value("wait", &h::wait, duration<milliseconds>(milliseconds{100}, minutes{1}), "How long they may wait."),
        },
        {},
    };
    return keys;
}

void finish_passwords(reading& r, spot const& at, passwords& p)
{
    if (p.argon2id_memory > p.memory)
        r.complain_at(at.path + ".hashing.memory", fmt::format("is less than one hash needs, {}", show_size(p.argon2id_memory)));
    // What a stored hash may cost at most, whoever wrote it: see accounts/password_hash.
    if (p.argon2id_memory * p.argon2id_iterations > 2ull << 30)
        r.complain_at(at.path + ".argon2id.iterations", "times memory is more than 2GiB, the most that a login may cost");
}

} // namespace

section<config::accounts> const& account_keys()
{
    using a = accounts;
    static section<a> const keys{
        {
            values("prefix", &a::prefix, text_of("path", parse_prefix), emptiness::refused, "Where the account endpoints live."),
            value("registration", &a::registration,
                  one_of<registration>(
                      {{"open", registration::open}, {"closed", registration::closed}, {"invite", registration::invited}}),
                  "Who may make an account."),
            value("require_verified_email", &a::require_verified_email, boolean(),
                  "Whether an address has to be proved before its owner can sign in."),
            value("verify_ttl", &a::verify_ttl, duration<seconds>(minutes{5}, days{30}), "How long the link for that is good."),
            value("reset_ttl", &a::reset_ttl, duration<seconds>(minutes{5}, days{1}),
                  "How long a link for a new password is good."),
            group("sessions", session_keys()),
            value(
                "remember_me", &a::remember,
                one_of<remember_me>({{"always", remember_me::always}, {"ask", remember_me::ask}, {"never", remember_me::never}}),
                "Whether a session outlives the browser it began in. With `ask` the login page has a box for it, and a login "
                "the member `remember_me`; without it cookies go with the browser and the session ends after "
                "`short_session_ttl`."),
            value("short_session_ttl", &a::short_session_ttl, duration<seconds>(minutes{5}, days{30}),
                  "How long a session lasts that is not remembered, in use or not."),
            value("self_delete", &a::self_delete, boolean(), "Whether users can remove their own accounts."),
            part("cookie", &a::cookie, cookie_keys()),
            part("pages", &a::pages, page_keys()),
            part("api_keys", &a::api_keys, api_key_keys()),
            optional_part("cors", &a::cors, account_cors_keys(),
                          "What pages of other sites may do with the account endpoints, but for those that show pages."),
        },
        finish_accounts,
    };
    return keys;
}

section<config::passwords> const& password_keys()
{
    using p = passwords;
    static section<p> const keys{
        {
            value("hash", &p::hash,
                  one_of<password_hash>({{"argon2id", password_hash::argon2id}, {"bcrypt", password_hash::bcrypt}}),
                  "How new passwords are kept. The other one still verifies and is replaced at the next login."),
            group("argon2id", argon2id_keys()),
            group("bcrypt", bcrypt_keys()),
            value("min_length", &p::min_length, count<std::uint64_t>(8, 128),
                  "Code points. NIST SP 800-63B wants 15 where the password stands alone."),
            value("max_bytes", &p::max_bytes, count<std::uint64_t>(128, 65'536), "More is refused before it is hashed."),
            value("min_strength", &p::min_strength, count<unsigned>(0, 4),
                  "Of zxcvbn, from 0 (anything) to 4 (very hard to guess)."),
            group("hashing", hashing_keys()),
        },
        finish_passwords,
    };
    return keys;
}

} // namespace yett::config
