#include "gateway/upstream/headers/reply_fields.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/fields/cookies.hpp"
#include "gateway/rewriting/cookie_path.hpp"
#include "gateway/upstream/headers/connection_login.hpp"
#include "gateway/upstream/headers/header_action.hpp"
#include "gateway/upstream/headers/header_plan.hpp"
#include "gateway/upstream/headers/location_mapping.hpp"
#include "gateway/upstream/headers/nominations.hpp"
#include "gateway/upstream/headers/reply_changes.hpp"

#include <algorithm>

// Fields are removed in place, in the array the reader put them into; what is added finds room behind them, which
// is there as a rule. The order matters: a field is looked at for what it says to others (Location, challenges)
// before it is judged, because a challenge that is not passed on has bound the connection all the same.

namespace yett::upstream {
namespace {

using http::known;

bool ends_here(http::field const& f, reply_rules const& rules) noexcept
{
    switch (f.id) {
    case known::connection:
    case known::content_length:
    case known::keep_alive:
    case known::proxy_authenticate:
    case known::proxy_connection:
    case known::te:
    case known::trailer:
    case known::transfer_encoding:
    case known::upgrade: return true;
    case known::set_cookie: return http::sets_one_of(f.value, rules.plan.cookies());
    case known::other:
        return rules.plan.is_ours(f.name) || http::ascii::equal_ignoring_case(f.name, "proxy-authentication-info") ||
               (!rules.to_proxy && steers_server(f.name));
    default: return false;
    }
}

// Of the Fetch standard's CORS protocol.
bool speaks_of_origins(http::field const& f) noexcept
{
    constexpr std::string_view family = "access-control-";
    return f.id == known::other && http::ascii::equal_ignoring_case(f.name.substr(0, family.size()), family);
}

bool is_replaced(http::field const& f, reply_rules const& rules) noexcept
{
    if (rules.added.empty()) return false;
    if (rules.speaks_of_origins && speaks_of_origins(f)) return true;
    auto const same = [&f](http::field const& ours) { return http::ascii::equal_ignoring_case(ours.name, f.name); };
    auto const stays = f.id == known::set_cookie || http::ascii::equal_ignoring_case(f.name, "vary");
    return !stays && std::any_of(rules.added.begin(), rules.added.end(), same);
}

void map_back(http::field& f, reply_rules const& rules, reply_for_client& into)
{
    if (!rules.locations) return;
    if (auto mapped = rules.locations->mapped(f.value)) f.value = into.texts.emplace_front(std::move(*mapped));
}

void map_cookie_back(http::field& f, reply_rules const& rules, reply_for_client& into)
{
    if (!rules.prefixes) return;
    if (auto mapped = rewriting::with_path_undone(f.value, *rules.prefixes)) f.value = into.texts.emplace_front(std::move(*mapped));
}

// What a field says to others than the client.
void look_at(http::field& f, reply_rules const& rules, reply_for_client& into)
{
    switch (f.id) {
    case known::location:
    case known::content_location: return map_back(f, rules, into);
    case known::set_cookie: return map_cookie_back(f, rules, into);
    case known::www_authenticate:
    case known::proxy_authenticate:
        into.asks_to_sign_in_connection = into.asks_to_sign_in_connection || asks_to_sign_in_connection(f.value);
        return;
    default: return;
    }
}

bool ends_by_rule(http::field const& f, reply_rules const& rules) noexcept
{
    return rules.changes && rules.changes->ends(f.name);
}

// Behind the `kept` fields of an array with room for them; what Yett adds is its word and not the rule's.
std::size_t append_ours(std::span<http::field> array, std::size_t kept, reply_rules const& rules)
{
    if (rules.changes)
        for (auto const& f : rules.changes->set())
            if (!is_replaced(f, rules)) array[kept++] = f;
    std::ranges::copy(rules.added, array.begin() + static_cast<std::ptrdiff_t>(kept));
    return kept + rules.added.size();
}

} // namespace

std::optional<reply_for_client> fields_for_client(std::span<http::field> array, std::size_t count, reply_rules const& rules)
{
    auto const nominated = nominations::of(array.first(count));
    if (!nominated) return std::nullopt;
    reply_for_client reply;
    std::size_t kept = 0;
    for (auto& f : array.first(count)) {
        look_at(f, rules, reply);
        if (!ends_here(f, rules) && !nominated->include(f.name) && !is_replaced(f, rules) && !ends_by_rule(f, rules))
            array[kept++] = f;
    }
    array[kept++] = {"Via", "1.1 yett", known::via};
    auto const most = kept + (rules.changes ? rules.changes->set().size() : 0) + rules.added.size();
    if (most > array.size()) {
        // A browser can bring about as many deletions of cookies as there are paths and domains.
        reply.more.assign(array.begin(), array.begin() + static_cast<std::ptrdiff_t>(kept));
        reply.more.resize(most);
        array = reply.more;
    }
    reply.fields = array.first(append_ours(array, kept, rules));
    return reply;
}

} // namespace yett::upstream
