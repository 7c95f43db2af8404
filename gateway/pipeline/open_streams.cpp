#include "gateway/pipeline/open_streams.hpp"

#include "gateway/accounts/ports/session_store.hpp"

#include <algorithm>

// Every request that is forwarded is in one of three lists: it begins in `fresh_`, and each look
// moves it on, to `young_` and then to `lasting_`. Only the last are streams, and only for them is
// more kept than a place in a list: the names under which they can be revoked, a deadline, and
// while the store is asked a slot that says whether they are still there. A look compares streams
// with the revocations only if something was added since the one before.
//
// An entry goes with its request. So what waits for the store holds a slot and no pointer to the
// entry, whose destructor empties the slot.

namespace yett::pipeline {

using telemetry::session_end;

open_streams::open_streams(parts p)
    : parts_{std::move(p)},
      view_{parts_.revoked},
      looked_at_{parts_.revoked.generation()},
      next_look_{[this] { look(parts_.now()); }}
{
    parts_.deadlines.arm_after(next_look_, milliseconds{0});
}

// What a request needs when it has turned out to be a stream.
struct open_streams::entry::lasting
{
    lasting(tokens::revocable const& its, std::function<void()> expired) : names{its}, expiry{std::move(expired)} {}

    tokens::revocable names;
    base::deadlines::entry expiry;
    std::shared_ptr<entry*> slot; // while the session's end is asked for
};

open_streams::entry::entry(open_streams& among, identity const* who, stream_terms const& on) : who_{who}, on_{on}
{
    among.fresh_.push_back(*this);
}

open_streams::entry::~entry()
{
    if (lasts_ && lasts_->slot) *lasts_->slot = nullptr;
}

// Whatever is older than one step is a stream; there are few of them beside the requests
// that come and go between two looks.
void open_streams::look(wall_time now)
{
    // Read before the look-ups: what is added meanwhile is found next time.
    auto const generation = parts_.revoked.generation();
    if (generation != looked_at_)
        for (auto& each : lasting_)
            if (is_revoked(each, now)) end(each, errc::token_revoked);
    looked_at_ = generation;
    for (auto& each : young_) settle(each, now);
    lasting_.splice(lasting_.end(), young_);
    young_.splice(young_.end(), fresh_);
    parts_.deadlines.arm_after(next_look_, milliseconds{0});
}

void open_streams::settle(entry& one, wall_time now)
{
    if (draining_) one.cancel_handle_.end(errc::stopping);
    if (!one.who_) return settle_unnamed(one, now);
    auto names = parts_.revoked.names_of(*one.who_, {});
    // Tokens of a session come and go while it lasts.
    if (names.session != 0) names.token = 0;
    one.lasts_ = std::make_unique<entry::lasting>(names, [this, &one] { expired(one); });
    if (is_revoked(one, now)) return end(one, errc::token_revoked);
    arm(one, one.who_->expires_at + parts_.skew, now);
}

// What a certificate let in has an end and nothing that could be revoked here.
void open_streams::settle_unnamed(entry& one, wall_time now)
{
    if (!one.on_.until) return;
    one.lasts_ = std::make_unique<entry::lasting>(tokens::revocable{}, [this, &one] { end(one, errc::token_expired); });
    arm(one, *one.on_.until, now);
}

bool open_streams::is_revoked(entry& one, wall_time now)
{
    return one.lasts_ && one.who_ && view_.covers(one.lasts_->names, now);
}

std::optional<wall_time> open_streams::end_of(accounts::session const& s, bool by_cookie, wall_time now) noexcept
{
    auto const end = by_cookie ? std::min(s.idle_until, s.expires_at) : s.access_until;
    if (s.ended_at || now >= end) return std::nullopt;
    return end;
}

void open_streams::arm(entry& one, wall_time end, wall_time now)
{
    if (one.on_.until) end = std::min(end, *one.on_.until);
    // Issuers may write any year; what is armed counts nanoseconds.
    constexpr milliseconds longest = std::chrono::hours{24 * 365};
    parts_.deadlines.arm_after(one.lasts_->expiry, std::clamp(end - now, milliseconds{0}, longest));
}

void open_streams::expired(entry& one)
{
    auto const by_rule = one.on_.until && parts_.now() >= *one.on_.until;
    if (by_rule || one.who_->session.empty()) return end(one, errc::token_expired);
    one.lasts_->slot = std::make_shared<entry*>(&one);
    parts_.start(ask_for_end(one.who_->session, one.lasts_->slot));
}

// The store knows of refreshes on every node. Where it does not answer, nothing says that the
// session goes on.
task<void> open_streams::ask_for_end(std::string session, std::shared_ptr<entry*> slot)
{
    result<accounts::session> found = our_error(errc::internal);
    try {
        found = co_await parts_.sessions.find(session);
    } catch (std::exception const& defect) {
        found = our_error(errc::internal, defect.what());
    }
    if (*slot == nullptr) co_return;
    auto& one = **slot;
    one.lasts_->slot.reset();
    auto const now = parts_.now();
    std::optional<wall_time> goes_on_until;
    if (found) goes_on_until = end_of(*found, one.on_.by_cookie, now);
    if (goes_on_until) arm(one, *goes_on_until, now);
    else end(one, errc::token_expired);
}

void open_streams::end(entry& one, errc why)
{
    one.lasts_->expiry.disarm();
    if (!one.cancel_handle_.end(why)) return;
    parts_.figures[why == errc::token_revoked ? session_end::revoked : session_end::expired].add();
}

void open_streams::drain()
{
    draining_ = true;
    for (auto* each : {&fresh_, &young_, &lasting_})
        for (auto& one : *each) one.cancel_handle_.end(errc::stopping);
}

} // namespace yett::pipeline
