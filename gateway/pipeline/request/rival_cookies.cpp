#include "gateway/pipeline/request/rival_cookies.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/sessions/refresh_state.hpp"
#include "gateway/http/fields/cookies.hpp"
#include "gateway/pipeline/request/paid_checks.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"
#include "gateway/tokens/cache/token_cache.hpp"

namespace yett::pipeline {
namespace {

// Of no session of ours: then it agrees with nobody.
bool agree(rival const& a, rival const& b)
{
    return !a.session.empty() && a.session == b.session;
}

bool is_better(rival const& a, rival const& b)
{
    return a.rank != b.rank ? a.rank > b.rank : a.until > b.until;
}

chosen_token chosen_of(std::vector<std::string_view> const& offered, std::span<rival const> all, choice const& made)
{
    chosen_token chosen{offered[made.index]};
    if (made.verifies) chosen.until = all[made.index].until;
    return chosen;
}

choice best_of_the_worthless(std::span<rival const> all)
{
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].may_serve) return {i, false};
    return {};
}

result<rival> judged(std::string_view token, tokens::token_cache& cache, request_context const& context)
{
    rival one;
    paid_checks pays{context};
    auto const who = cache.identify(token, context.asked.now, pays);
    if (!who && who.error() == errc::rate_limited) return who.error();
    one.verifies = who.has_value();
    one.may_serve = !who && who.error() == errc::token_expired;
    if (who) {
        one.session = (*who)->session;
        one.until = (*who)->expires_at;
    }
    return one;
}

// One that was spent before may have been stolen. Beside its successor it is only old; where
// nothing better came it is told as it would be alone.
rival judged(accounts::refresh_state_found const& found)
{
    using accounts::refresh_state;
    rival one;
    one.verifies = found.is == refresh_state::current || found.is == refresh_state::replayed;
    one.may_serve = found.is == refresh_state::spent;
    one.session = found.session;
    one.rank = found.is == refresh_state::current ? 1 : 0;
    one.until = found.until;
    return one;
}

} // namespace

result<choice> choose(std::span<rival const> all)
{
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!all[i].verifies) continue;
        if (best && !agree(all[*best], all[i]))
            return client_error(errc::credentials_disagree, "two cookies of one name speak for different sessions");
        if (!best || is_better(all[i], all[*best])) best = i;
    }
    return best ? choice{*best, true} : best_of_the_worthless(all);
}

result<chosen_token> choose_access(std::vector<std::string_view> const& offered, tokens::token_cache& cache,
                                   request_context const& context)
{
    std::vector<rival> all;
    for (auto const token : offered) {
        auto const one = judged(token, cache, context);
        if (!one) return one.error();
        all.push_back(*one);
    }
    auto const made = choose(all);
    if (!made) return made.error();
    return chosen_of(offered, all, *made);
}

task<result<chosen_token>> choose_refresh(accounts::account_services const& services, std::vector<std::string_view> offered,
                                          wall_time now)
{
    std::vector<rival> all;
    for (auto const token : offered) {
        auto const found = co_await accounts::refresh_state_of(services, token, now);
        if (!found) co_return found.error();
        all.push_back(judged(*found));
    }
    auto const made = choose(all);
    if (!made) co_return made.error();
    co_return chosen_of(offered, all, *made);
}

task<result<std::string_view>> refresh_cookie_of(http::head const& head, auth_transport const& ways,
                                                 accounts::account_services const& services, request_context& context)
{
    auto const cookies = http::find_cookies(head, ways.refresh_cookie);
    if (cookies.count < 2) co_return cookies.value;
    delete_everywhere(context.reported.set_cookies, ways, ways.refresh_cookie);
    auto offered = http::values_of_cookies(head, ways.refresh_cookie, most_rivals);
    auto const chosen = co_await choose_refresh(services, std::move(offered), context.asked.now);
    if (!chosen) co_return chosen.error();
    // Where people are asked, nothing here says what this one answered; the next renewal does.
    auto const lasting = services.rules.remember == accounts::memory::always;
    if (chosen->until)
        keep_cookie(context.reported.set_cookies, ways, ways.refresh_cookie, chosen->text, *chosen->until - context.asked.now,
                    lasting);
    co_return chosen->text;
}

} // namespace yett::pipeline
