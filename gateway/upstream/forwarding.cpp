#include "gateway/upstream/forwarding.hpp"

// Three can end it: the client that goes away, the session that is over (`end`), and the server. The
// first two wake whoever waits, be it in a queue for a turn or a connection or for the server's next word, by
// closing what is waited for; the server is the attempt's. After every wait `is_gone` is looked at
// before anything is begun.

namespace yett::upstream {

forwarding::forwarding(http::exchange& ex, proved_caller who, forward_context const& context)
    : exchange_{ex},
      who_{who},
      context_{context},
      waiter_{context.counted_as, &ex.from(), !context.client.trusted}
{
    exchange_.on_abandoned([this] { client_is_gone(); });
    if (context_.ends) context_.ends->running_ = this;
}

forwarding::~forwarding()
{
    exchange_.on_abandoned({});
    if (context_.ends) context_.ends->running_ = nullptr;
}

bool forwarding::take_body() noexcept
{
    if (std::exchange(taken_, true)) return true;
    if (context_.bare || request().body() == http::body_kind::none) return true;
    body_ = exchange_.body_at_hand();
    auto const has_length = request().body() == http::body_kind::length;
    if (has_length && body_.data.size() == request().content_length()) body_.last = true;
    return body_.last;
}

task<result<void>> forwarding::gather_body()
{
    auto const gathered = co_await exchange_.gather_body(body_);
    if (gone_) co_return client_went_away();
    if (!gathered) co_return gathered.error();
    body_ = *gathered;
    co_return result<void>{};
}

attempt& forwarding::begin_attempt(course& way, reservation taken, forward_options const& options, dependencies const& around)
{
    return attempt_.emplace(*this, way, std::move(taken), options, around);
}

// Whoever waits for anything wakes from what is closed here, and finds out why.
bool forwarding::end(errc why) noexcept
{
    if (attempt_ && attempt_->is_tunnel()) return attempt_->end_tunnel(why);
    auto const is_over = attempt_ && attempt_->is_whole();
    if (why == errc::stopping || is_over || gone_) return false;
    ended_ = why;
    client_is_gone();
    if (exchange_.begun()) exchange_.abort();
    return true;
}

void forwarding::client_is_gone() noexcept
{
    gone_ = true;
    waiter_.cancel();
    if (turn_) turn_->cancel();
    if (attempt_) attempt_->abandon();
}

} // namespace yett::upstream
