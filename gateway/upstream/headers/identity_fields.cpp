#include "gateway/upstream/headers/identity_fields.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/upstream/headers/http2_head_sink.hpp"
#include "gateway/upstream/headers/recorded_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

// Whatever an identity says stays inside of its value: everything outside printable ASCII is percent-encoded, '%' with
// it, and ',' in the members of a list, so that no two identities have one spelling (and no claim begins a line). A
// value is written where it ends up, and given up as a whole when it grows beyond its bound.

namespace yett::upstream {
namespace {

struct named_claim
{
    std::string_view name;
    claim from;
};

constexpr std::array claim_names{
    named_claim{"sub", claim::subject},
    named_claim{"user_id", claim::subject},
    named_claim{"email", claim::email},
    named_claim{"preferred_username", claim::login_name},
    named_claim{"roles", claim::roles},
    named_claim{"groups", claim::roles},
    named_claim{"scope", claim::scopes},
    named_claim{"iss", claim::issuer},
    named_claim{"sid", claim::session},
    named_claim{"jti", claim::token_id},
    named_claim{"iat", claim::issued_at},
    named_claim{"auth_time", claim::authenticated_at},
    named_claim{"exp", claim::expires_at},
    named_claim{"cert_uri", claim::cert_uri},
    named_claim{"cert_dns", claim::cert_dns},
    named_claim{"cert_email", claim::cert_email},
    named_claim{"cert_sha256", claim::cert_sha256},
};

constexpr std::array yett_names{
    named_claim{"X-Yett-User", claim::subject},
    named_claim{"X-Yett-Email", claim::email},
    named_claim{"X-Yett-Roles", claim::roles},
    named_claim{"X-Yett-Scopes", claim::scopes},
    named_claim{"X-Yett-Auth-Time", claim::authenticated_at},
    named_claim{"X-Yett-Session", claim::session},
};

constexpr std::array oauth2_proxy_names{
    named_claim{"X-Auth-Request-User", claim::subject}, named_claim{"X-Auth-Request-Email", claim::email},
    named_claim{"X-Auth-Request-Groups", claim::roles}, named_claim{"X-Auth-Request-Preferred-Username", claim::login_name},
    named_claim{"X-Forwarded-User", claim::subject},    named_claim{"X-Forwarded-Email", claim::email},
    named_claim{"X-Forwarded-Groups", claim::roles},    named_claim{"X-Forwarded-Preferred-Username", claim::login_name},
};

constexpr std::array remote_user_names{
    named_claim{"Remote-User", claim::subject},
    named_claim{"Remote-Email", claim::email},
    named_claim{"Remote-Groups", claim::roles},
    named_claim{"Remote-Name", claim::login_name},
};

constexpr std::array<std::span<named_claim const>, 4> presets{std::span<named_claim const>{}, yett_names, oauth2_proxy_names,
                                                              remote_user_names};

// Set by the originals of these presets, though not by us.
constexpr std::array<std::string_view, 3> also_owned{"X-Forwarded-Access-Token", "X-Auth-Request-Access-Token",
                                                     "X-Auth-Request-Redirect"};

// Every name that begins like this is ours, so that later versions can add some.
constexpr std::array<std::string_view, 2> owned_families{"x-yett-", "x-auth-request-"};

// An operator may name headers, but none of these: they say where a message ends and to whom it
// goes.
constexpr std::array<std::string_view, 8> framing_names{"connection", "content-length", "host",    "keep-alive",
                                                        "te",         "trailer",        "upgrade", "transfer-encoding"};

// Appends a value and keeps count of its size.
class value_writer
{
public:
    value_writer(std::string& out, std::size_t most_bytes) noexcept : out_{out}, begin_{out.size()}, most_bytes_{most_bytes} {}

    bool is_empty() const noexcept { return out_.size() == begin_; }
    bool fits() const noexcept { return out_.size() - begin_ <= most_bytes_; }

    void text(std::string_view text, bool in_list = false)
    {
        auto const goes_as_it_is = [&](std::size_t i) {
            auto const at_an_end = i == 0 || i + 1 == text.size();
            return is_plain(text[i]) && !(in_list && text[i] == ',') && !(text[i] == ' ' && at_an_end);
        };
        for (std::size_t i = 0; i < text.size() && fits(); ++i) {
            auto const run = i;
            while (i < text.size() && goes_as_it_is(i)) ++i;
            out_.append(text, run, i - run);
            if (i < text.size()) escape(static_cast<unsigned char>(text[i]));
        }
    }
    void list(std::vector<std::string> const& members, told_roles const& among = {})
    {
        auto const all = among.every();
        for (auto const& member : members) {
            if (!all && !among.include(member)) continue;
            if (!member.empty() && !is_empty()) out_ += ',';
            text(member, true);
        }
    }
    void time(wall_time at)
    {
        std::array<char, 24> digits;
        auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), to_unix(at)).ptr;
        out_.append(digits.data(), end);
    }

private:
    static bool is_plain(char c) noexcept { return c >= ' ' && c <= '~' && c != '%'; }
    void escape(unsigned char byte)
    {
        constexpr std::string_view hex = "0123456789ABCDEF";
        out_ += '%';
        out_ += hex[byte >> 4];
        out_ += hex[byte & 15];
    }

    std::string& out_;
    std::size_t begin_;
    std::size_t most_bytes_;
};

void write_claim(value_writer& to, identity const& who, claim from, told_roles const& roles)
{
    switch (from) {
    case claim::subject: return to.text(who.subject);
    case claim::email: return to.text(who.email);
    case claim::login_name: return to.text(who.email.empty() ? who.subject : who.email);
    case claim::roles: return to.list(who.roles, roles);
    case claim::scopes: return to.list(who.scopes);
    case claim::issuer: return to.text(who.issuer);
    case claim::session: return to.text(who.session);
    case claim::token_id: return to.text(who.token_id);
    case claim::issued_at: return to.time(who.issued_at);
    case claim::authenticated_at: return to.time(who.authenticated_at);
    case claim::expires_at: return to.time(who.expires_at);
    case claim::cert_uri:
    case claim::cert_dns:
    case claim::cert_email:
    case claim::cert_sha256: return;
    }
}

void write_claim(value_writer& to, client_certificate const& shown, claim from)
{
    switch (from) {
    case claim::cert_uri: return to.list(shown.uris);
    case claim::cert_dns: return to.list(shown.dns);
    case claim::cert_email: return to.list(shown.emails);
    case claim::cert_sha256: return to.text(shown.sha256);
    default: return;
    }
}

error too_long(std::string_view name)
{
    return our_error(errc::forbidden, fmt::format("the identity is too long for {}, see identity_headers.most_bytes", name));
}

} // namespace

std::optional<claim> claim_named(std::string_view word) noexcept
{
    for (auto const& known : claim_names)
        if (known.name == word) return known.from;
    return std::nullopt;
}

identity_fields::identity_fields(preset active, value_rules rules) : rules_{std::move(rules)}
{
    for (auto const& names : presets)
        for (auto const& it : names) owned_.emplace(it.name);
    for (auto const name : also_owned) owned_.emplace(name);
    for (auto const& it : presets[static_cast<std::size_t>(active)]) set_known(it.name, it.from);
}

void identity_fields::set_known(std::string_view name, claim from)
{
    fields_.push_back({std::string{name}, from});
}

result<void> identity_fields::set(std::string_view name, claim from)
{
    if (auto reserved = reserve(name); !reserved) return reserved.error();
    std::erase_if(fields_, [&](field const& f) { return f.is_named(name); });
    set_known(name, from);
    return {};
}

// A name that is ours is removed from what clients send on every route, also where nothing is set.
result<void> identity_fields::reserve(std::string_view name)
{
    auto const folded = http::folded(name);
    auto const is_framing = std::find(framing_names.begin(), framing_names.end(), folded) != framing_names.end();
    if (!http::ascii::is_token(name) || is_framing || folded.starts_with("proxy"))
        return our_error(errc::bad_request, fmt::format("\"{}\" cannot carry an identity", name));
    owned_.emplace(name);
    if (auto const id = http::known_named(folded); id != http::known::other) owned_ids_[static_cast<std::size_t>(id)] = true;
    return {};
}

bool identity_fields::field::is_named(std::string_view other) const noexcept
{
    return http::folds_equal(name, other);
}

bool identity_fields::sets(std::string_view name) const noexcept
{
    return std::ranges::any_of(fields_, [&](field const& f) { return f.is_named(name); });
}

bool identity_fields::owns(std::string_view name) const noexcept
{
    for (auto const family : owned_families)
        if (name.size() >= family.size() && http::folds_equal(name.substr(0, family.size()), family)) return true;
    return owned_.contains(name);
}

template<field_sink Sink>
result<void> identity_fields::write_to(Sink& to, proved_caller const& caller) const
{
    bool roles_omitted = false;
    for (auto const& f : fields_) {
        value_writer value{to.open(f.name), rules_.most_bytes};
        if (f.from >= claim::cert_uri) [[unlikely]] {
            if (caller.certificate) write_claim(value, *caller.certificate, f.from);
        } else if (caller.who) {
            write_claim(value, *caller.who, f.from, rules_.roles);
        }
        auto const fits = value.fits();
        if (!fits && !(rules_.omits_roles && f.from == claim::roles)) return too_long(f.name);
        roles_omitted = roles_omitted || !fits;
        if (value.is_empty() || !fits) to.drop();
        else to.close();
    }
    if (roles_omitted) to.field("X-Yett-Roles-Omitted", "true");
    return {};
}

template result<void> identity_fields::write_to(http1_head_sink&, proved_caller const&) const;
template result<void> identity_fields::write_to(http2_head_sink&, proved_caller const&) const;
template result<void> identity_fields::write_to(recorded_head&, proved_caller const&) const;

} // namespace yett::upstream
