#include "gateway/tokens/assertions.hpp"

#include "gateway/tokens/jws.hpp"
#include "gateway/tokens/signer.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <utility>

namespace yett::tokens {
namespace {

// Beside the text: its string, the block that counts its holders, and a place in a table
// that is half empty right after it grew.
constexpr std::size_t entry_overhead = 256;

void append(std::string& to, std::integral auto number)
{
    to.append(reinterpret_cast<char const*>(&number), sizeof number);
}

// With sizes before them, so that no two identities look the same.
void append(std::string& to, std::string_view text)
{
    append(to, text.size());
    to.append(text);
}

void append(std::string& to, std::vector<std::string> const& texts)
{
    append(to, texts.size());
    for (auto const& text : texts) append(to, std::string_view{text});
}

} // namespace

result<assertions::text> assertions::for_audience(std::string_view audience, identity const& who, wall_time now)
{
    auto const name = name_of(audience, who);
    if (auto const at = young_.entries.find(name); at != young_.entries.end() && is_fresh(at->second, now))
        return at->second.what;
    if (auto const at = old_.entries.find(name); at != old_.entries.end() && is_fresh(at->second, now)) {
        auto const known = at->second; // remember() may drop the generation it is in
        remember(name, known);
        return known.what;
    }
    auto const made = make(audience, who, now);
    if (!made) return made.error();
    remember(name, *made);
    return made->what;
}

// Everything the text says but the time, so that a role that came or went makes another.
digest128 assertions::name_of(std::string_view audience, identity const& who)
{
    naming_.clear();
    for (std::string_view const part : {audience, std::string_view{who.subject}, std::string_view{who.session},
                                        std::string_view{who.email}, std::string_view{who.issuer}})
        append(naming_, part);
    append(naming_, who.roles);
    append(naming_, who.scopes);
    append(naming_, to_unix(who.authenticated_at));
    return digest_.of(naming_);
}

result<assertions::entry> assertions::make(std::string_view audience, identity const& who, wall_time now) const
{
    auto const key = signer_.key();
    auto const issued = to_unix(now);
    auto made = sign(key, {audience, who, issued});
    if (made && made->size() > options_.most_bytes && options_.omits_roles) made = sign(key, {audience, who, issued, false});
    if (!made) return made.error();
    if (made->size() > options_.most_bytes)
        return our_error(errc::forbidden, "the identity is too long for an assertion, see identity_headers.most_bytes");
    return entry{std::make_shared<std::string const>(std::move(*made)), from_unix(issued), key.verification().fingerprint()};
}

result<std::string> assertions::sign(signing_key const& key, statement const& says) const
{
    auto const& who = says.who;
    boost::json::object payload{
        {"iss", signer_.issuer()},
        {"sub", who.subject},
        {"aud", says.audience},
        {"iat", says.issued},
        {"exp", says.issued + options_.ttl.count()},
        {"idp", who.issuer},
        {"scope", fmt::format("{}", fmt::join(who.scopes, " "))},
    };
    if (says.with_roles) payload["roles"] = boost::json::value_from(options_.roles.of(who.roles));
    else payload["roles_omitted"] = true;
    if (who.authenticated_at != wall_time{}) payload["auth_time"] = to_unix(who.authenticated_at);
    if (!who.session.empty()) payload["sid"] = who.session;
    if (!who.email.empty()) payload["email"] = who.email;
    return sign_compact(key, assertion_type, boost::json::serialize(payload));
}

// No application gets one with less than half its time left. One that was made in the future, by a
// clock that was turned back since, is made anew.
bool assertions::is_fresh(entry const& e, wall_time now) const noexcept
{
    return e.made_at <= now && now - e.made_at < milliseconds{options_.ttl} / 2;
}

void assertions::remember(digest128 const& name, entry const& made)
{
    auto const size = made.what->size() + entry_overhead;
    if (young_.bytes + size > options_.bytes / 2) old_ = std::exchange(young_, {});
    auto const [at, added] = young_.entries.try_emplace(name, made);
    if (!added) young_.bytes -= at->second.what->size() + entry_overhead;
    at->second = made;
    young_.bytes += size;
}

// When keys turn over: what was signed by one that is published no longer could not be checked by
// anybody.
void assertions::keep_signed_by(std::span<verification_key const> keys)
{
    for (auto* each : {&young_, &old_})
        boost::unordered::erase_if(each->entries, [&](auto const& one) {
            auto const gone = std::ranges::find(keys, one.second.key, &verification_key::fingerprint) == keys.end();
            if (gone) each->bytes -= one.second.what->size() + entry_overhead;
            return gone;
        });
}

} // namespace yett::tokens
