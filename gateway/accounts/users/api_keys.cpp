#include "gateway/accounts/users/api_keys.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/accounts/revoke.hpp"
#include "gateway/tokens/opaque/api_key.hpp"
#include "gateway/tokens/signer.hpp"

#include <algorithm>

namespace yett::accounts {
namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t most_scopes = 32;
constexpr std::size_t longest_scope = 128;
constexpr seconds shortest_ttl{60};
constexpr seconds longest_belief{60}; // in what the store said
// Of keys that end when they are removed, and of what operators may ask for.
constexpr seconds forever = std::chrono::years{100};

struct deed
{
    std::string_view name;
    std::string_view user_id;
    std::string_view key;
    std::string_view client;
    std::string_view by;
};

void report(account_services const& services, deed const& done, wall_time now)
{
    audit_event event;
    event.name = done.name;
    event.at = now;
    event.user_id = done.user_id;
    event.key = done.key;
    event.client = done.client;
    event.by = done.by;
    services.audit.record(event);
}

// RFC 6749 section 3.3, without what would end a value in a header or a list there.
bool is_scope(std::string_view text)
{
    auto const fits = [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\' && c != ','; };
    return !text.empty() && text.size() <= longest_scope && std::ranges::all_of(text, fits);
}

bool is_name(std::string_view text)
{
    auto const fits = [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; };
    return !text.empty() && text.size() <= longest_name && std::ranges::all_of(text, fits);
}

// Nobody gives a key a scope that the configuration does not offer; operators know what they do.
bool may_have(api_key_rules const& rules, api_key_wish const& wanted, std::string const& scope)
{
    return is_scope(scope) && (!wanted.by.empty() || std::ranges::find(rules.scopes, scope) != rules.scopes.end());
}

std::vector<invalid_field> faults_of(api_key_rules const& rules, api_key_wish const& wanted)
{
    std::vector<invalid_field> wrong;
    if (!is_name(wanted.name)) wrong.push_back({"name", errc::bad_request, "1 to 64 printable characters are wanted"});
    auto const fits = [&](std::string const& scope) { return may_have(rules, wanted, scope); };
    if (wanted.scopes.size() > most_scopes || !std::ranges::all_of(wanted.scopes, fits))
        wrong.push_back({"scopes", errc::bad_request, "a scope that keys cannot have, or more than 32"});
    auto const longest = wanted.by.empty() ? rules.longest_ttl : forever;
    if (wanted.ttl && (*wanted.ttl < shortest_ttl || *wanted.ttl > longest))
        wrong.push_back({"expires_in", errc::bad_request, "too short or too long"});
    return wrong;
}

std::optional<wall_time> end_of(api_key_rules const& rules, api_key_wish const& wanted, wall_time now)
{
    if (wanted.ttl) return now + *wanted.ttl;
    if (!wanted.by.empty()) return std::nullopt;
    return now + rules.longest_ttl;
}

// How long a store's word is believed: as long as a use stays unwritten, and a change that
// another process made unnoticed. Revocations of the owner are remembered no longer than
// their access tokens.
seconds believed_for(rules const& r)
{
    return std::min(longest_belief, r.access_ttl);
}

// Makes workers ask the store again, on every node: after the key is gone, or they would be told
// that it is good. Whoever hears of it late believes a key for a minute at most, so that an entry
// which a crash keeps from being written is missed no longer than that.
task<result<void>> make_known(account_services const& services, std::string id, wall_time now)
{
    revocation gone;
    gone.what = revocation::kind::token;
    gone.id = std::move(id);
    gone.at = now;
    gone.until = now + 2 * longest_belief;
    return revoke(services, std::move(gone));
}

identity_ptr identity_of(account_services const& services, api_key const& key, user const& owner, wall_time now)
{
    auto who = std::make_shared<identity>();
    who->subject = owner.id;
    who->email = owner.email;
    who->roles = owner.roles;
    who->scopes = key.scopes;
    who->issuer = services.signer.issuer();
    who->token_id = key.id;
    who->issued_at = now;
    who->expires_at = key.expires_at.value_or(now + forever);
    who->requests_per_minute = key.requests_per_minute;
    return who;
}

} // namespace

task<outcome<new_api_key>> create_api_key(account_services const& services, api_key_wish wanted, wall_time now)
{
    auto const& rules = services.rules.api_keys;
    if (wanted.by.empty() && !rules.self_service) co_return client_error(errc::forbidden, "users make no API keys");
    auto faults = faults_of(rules, wanted);
    if (!faults.empty()) co_return faults;
    auto made = tokens::make_api_key();
    new_api_key created;
    created.kept.id = std::move(made.name);
    created.kept.user_id = wanted.user_id;
    created.kept.name = std::move(wanted.name);
    created.kept.hash = std::move(made.hash);
    created.kept.scopes = wanted.scopes;
    created.kept.requests_per_minute = wanted.requests_per_minute;
    created.kept.created_at = now;
    created.kept.expires_at = end_of(rules, wanted, now);
    created.text = std::move(made.text);

    auto const kept = co_await services.api_keys.add(created.kept, rules.most);
    if (!kept && kept.error() == errc::conflict) co_return client_error(errc::forbidden, "there are too many API keys");
    if (!kept) co_return kept.error();
    deed const what{"api_key_created", wanted.user_id, created.kept.id, wanted.client, wanted.by};
    report(services, what, now);
    co_return created;
}

// A user has no more keys than the rules allow, so that the store may give all of them.
task<result<api_key_list>> list_api_keys(account_services const& services, std::string user_id, part wanted)
{
    auto const all = co_await services.api_keys.list(user_id);
    if (!all) co_return all.error();
    auto const last = std::ranges::find(*all, wanted.after, &api_key::id);
    auto const first = last == all->end() ? all->begin() : last + 1;
    // One that was removed meanwhile: whoever asks begins anew.
    auto const count = std::min<std::size_t>(wanted.limit, static_cast<std::size_t>(all->end() - first));
    api_key_list part;
    part.keys.assign(first, first + static_cast<std::ptrdiff_t>(count));
    if (first + static_cast<std::ptrdiff_t>(count) != all->end()) part.next = part.keys.back().id;
    co_return part;
}

task<result<std::size_t>> remove_api_keys(account_services const& services, api_key_removal wanted, wall_time now)
{
    std::vector<std::string> gone{wanted.id};
    if (wanted.id.empty()) {
        auto all = co_await services.api_keys.remove_all(wanted.user_id);
        if (!all) co_return all.error();
        gone = std::move(*all);
    } else {
        auto const one = co_await services.api_keys.remove(wanted.user_id, wanted.id);
        if (!one) co_return one.error();
    }
    for (auto const& id : gone) {
        auto const known = co_await make_known(services, id, now);
        if (!known) co_return known.error();
        deed const what{"api_key_removed", wanted.user_id, id, wanted.client, wanted.by};
        report(services, what, now);
    }
    co_return gone.size();
}

task<result<recognised_key>> recognise_api_key(account_services const& services, std::string text, wall_time now)
{
    auto const shown = tokens::read_api_key(text);
    if (!shown) co_return client_error(errc::token_malformed, "no API key");
    auto const kept = co_await services.api_keys.find(shown->name);
    if (!kept && !(kept.error() == errc::not_found)) co_return kept.error();
    // The hash is of 256 random bits: how long a comparison takes tells nobody anything.
    if (!kept || kept->hash != shown->hash) co_return client_error(errc::token_untrusted, "no such API key");
    if (kept->expires_at && now >= *kept->expires_at) co_return client_error(errc::token_expired, "the API key has expired");
    auto const owner = co_await services.users.find(kept->user_id);
    if (!owner && !(owner.error() == errc::not_found)) co_return owner.error();
    if (!owner || owner->disabled) co_return client_error(errc::token_revoked, "the owner of the API key is disabled or gone");
    // An id of an old import. Behind this it would be another issuer's user.
    if (owner->id.find(':') != owner->id.npos) co_return client_error(errc::token_untrusted, "the owner's id holds a colon");

    recognised_key good;
    good.who = identity_of(services, *kept, *owner, now);
    good.until = std::min(now + believed_for(services.rules), good.who->expires_at);
    // A use that could not be written is no reason to refuse it.
    if (!kept->last_used || now - *kept->last_used >= believed_for(services.rules))
        (void)co_await services.api_keys.touch(kept->id, now);
    co_return good;
}

} // namespace yett::accounts
