#include "gateway/base/wait_until.hpp"
#include "gateway/pipeline/counted.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/request_context.hpp"
#include "gateway/pipeline/world.hpp"

namespace yett::pipeline {
namespace {

// Of requests that find a limit on failures full of others that may yet succeed.
constexpr milliseconds patience{5000};
constexpr milliseconds first_pause{2};
constexpr milliseconds longest_pause{50};
constexpr unsigned most_waiting = 256; // on one worker

limits::subject subject_of(http::exchange const& ex, request_context const& context)
{
    limits::subject who;
    who.client = limits::network::of(context.asked.from.address);
    if (context.found.who) {
        who.user = context.found.who->subject;
        who.token = context.found.who->token_id;
    }
    who.account = context.spending.account;
    who.device = context.spending.device;
    who.route = context.found.route->index();
    who.header = [&head = ex.request()](std::string_view name) {
        auto const* field = head.find(name);
        return field ? field->value : std::string_view{};
    };
    return who;
}

bool went_well(http::exchange const& ex, error const* why)
{
    return !why && ex.status() < 400;
}

// Where passwords and tokens are tried; whatever is wrong with an attempt, it was one.
bool takes_guesses(policies::route const& at)
{
    return at.target() == "login" || at.target() == "refresh" || at.target() == "password" || at.target() == "email" ||
           at.target() == "delete_me" || at.target() == "delete_account";
}

// Where a link is looked at. Its 256 random bits cannot be guessed, with or without a limit; but
// any page can have its visitors' browsers ask here, in an image or an address, and would spend
// what they have left for the link in their mail.
bool shows_links(policies::route const& at)
{
    return at.target() == "verify_link" || at.target() == "reset_link" || at.target() == "email_link" ||
           at.target() == "undo_link";
}

// Failures at an endpoint of ours that say nothing about a password, a link or an address: what
// was typed is wrong by itself, or we are. Whoever is told so has guessed nothing. Nor has
// somebody whom the rule did not let in: no password was looked at.
bool is_no_guess(error const& why, request_context const& context)
{
    auto const& at = *context.found.route;
    if (at.to() != policies::destination::accounts) return false;
    if (at.credentials() == policies::credential_use::required && !context.found.who) return true;
    switch (why.code()) {
    case errc::email_not_verified: // the right password alone is told so
    case errc::password_weak:
    case errc::email_invalid:
    case errc::link_expired:
    // Any page can have its visitors' browsers send these, which look at no secret.
    case errc::csrf_rejected:
    case errc::unsupported_media_type:
    case errc::body_too_large: return true;
    case errc::bad_request: return !takes_guesses(at);
    case errc::link_invalid: return shows_links(at);
    default: return why.from() != origin::client;
    }
}

} // namespace

// A device that the account knows has limits of its own there. What its address has spent, by
// slips of its owner or by others behind it, is no reason to keep it out: whoever has just reset
// a password by mail logs in with the new one at once.
task<result<void>> pipeline::spend_for_account(http::exchange& ex, request_context& context)
{
    auto const& facts = context.facts();
    if (!context.spending.device.empty()) co_return co_await spend(facts.device_limits, ex, context);
    if (context.spending.early_put_off)
        if (auto early = co_await spend(facts.limits.early, ex, context); !early) co_return early.error();
    co_return co_await spend(facts.account_limits, ex, context);
}

task<result<void>> pipeline::spend(std::span<limits::limit const* const> from, http::exchange& ex, request_context& context)
{
    if (from.empty()) co_return result<void>{};
    auto const& limiter = *context.snapshot->shared->limiter;
    auto const who = subject_of(ex, context);
    auto at_hand = limiter.spend_at_hand(from, who, steady_now());
    if (!at_hand || at_hand->is_for_loans()) [[unlikely]] {
        auto waited = co_await spend_patiently(from, who, ex, context);
        if (!waited) co_return waited.error();
        at_hand = std::move(*waited);
    }
    context.spending.admissions.push_back(std::move(*at_hand));
    auto const& spent = context.spending.admissions.back();
    for (auto const& each : spent.states()) {
        auto const is_own = each.of == context.spending.own_limit.get();
        auto& figures =
            station_.figures
                .limits[is_own ? context.snapshot->shared->own_limit_slot : context.snapshot->shared->limit_slots.at(each.of)];
        (each.over ? figures.refused : figures.allowed).add();
    }
    if (!spent) co_return client_error(errc::rate_limited, "the limit " + spent.refused_by()->name());
    if (auto const* over = spent.reported_by())
        context.reported.not_enforced = client_error(errc::rate_limited, "the limit " + over->name());
    co_return result<void>{};
}

// Colleagues behind one address log in at the same hour, and tabs that wake together refresh
// together: whoever would be refused before any of them did wrong waits for their outcome.
// All spend in the same order and give back what they took in the same list, so that nobody
// waits in a circle.
task<result<limits::admission>> pipeline::spend_patiently(std::span<limits::limit const* const> from, limits::subject const& who,
                                                          http::exchange const& ex, request_context const& context)
{
    auto const until = steady_now() + patience;
    for (auto pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
        auto const now = steady_now();
        auto tried = co_await context.snapshot->shared->limiter->spend(from, who, now);
        if (!tried || !tried->is_for_loans() || now >= until || waiting_for_others_ >= most_waiting) co_return tried;
        counted const one_more{waiting_for_others_};
        co_await wait_until(now + pause);
        if (ex.abandoned()) co_return tried;
    }
}

// Gives back what was only lent: limits on failures count what failed, and no limit counts
// what was turned away for want of room. At the account endpoints what was no guess counts
// nowhere, so that its owner may choose a password until it is strong enough.
void pipeline::settle(http::exchange const& ex, request_context const& context, error const* why)
{
    if (context.spending.admissions.empty()) return;
    auto const& limiter = *context.snapshot->shared->limiter;
    auto const never_tried = (why && *why == errc::overloaded) || context.spending.admissions.back().is_for_loans();
    auto const no_guess = why && is_no_guess(*why, context);
    auto const now = steady_now();
    for (auto const& each : context.spending.admissions) {
        if (never_tried || no_guess) limiter.give_back(each, subject_of(ex, context), now);
        else if (context.spending.counts == tally::by_outcome && went_well(ex, why))
            limiter.succeeded(each, subject_of(ex, context), now);
    }
}

} // namespace yett::pipeline
