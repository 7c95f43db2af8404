#include "gateway/net/http1_exchange.hpp"

#include "gateway/http/https_entrance.hpp"
#include "gateway/net/worker.hpp"

namespace yett::net {

http1_exchange::http1_exchange(http1_surroundings around, http::head head, http::target&& where, std::span<char> behind)
    : around_{around},
      head_{head},
      target_{std::move(where)},
      started_at_{steady_now()},
      incoming_{*this, around_, behind},
      outlet_{*this, around_},
      hsts_{around.peer.hsts}
{
}

void http1_exchange::came_by_proxy(bool https) noexcept
{
    auto const& written = around_.peer.hsts_by_proxy;
    hsts_ = https && !written.empty() && http::may_be_https_only(target_.host()) ? written : std::string_view{};
}

// --- the request's body ------------------------------------------------------------

task<result<http::message_part>> http1_exchange::read_body()
{
    return tunnel_ ? read_tunnel() : incoming_.read();
}

task<result<http::message_part>> http1_exchange::read_tunnel()
{
    auto const through = co_await incoming_.read_through();
    if (!through) co_return through.error();
    co_return http::message_part{*through, through->empty()};
}

void http1_exchange::be_a_stream() noexcept
{
    incoming_.be_a_stream();
    outlet_.forgive_slowness();
}

// --- the reply ---------------------------------------------------------------------

// After an early reply the connection goes on only if what is left of the body is
// certain to come and short.
bool http1_exchange::client_may_go_on() const noexcept
{
    return head_.keep_alive() && !last_here_ && !around_.worker.draining() && incoming_.may_be_drained();
}

task<result<void>> http1_exchange::begin(http::reply_head const& head, http::message_part part)
{
    if (begun()) co_return our_error(errc::internal, "a second reply was begun");
    if (abandoned()) co_return client_error(errc::peer_broke_off);
    auto out = take_scratch();
    auto const context = http::reply_context{.version = head_.version(),
                                             .method = head_.method(),
                                             .keep_alive = client_may_go_on(),
                                             .date = around_.worker.date(),
                                             .hsts = hsts_};
    auto const framing = http::append_reply_head(out, head, context);
    if (!framing) co_return framing.error();
    status_ = head.status;
    if (head.status == 101) become_tunnel();
    keeps_alive_ = framing->keep_alive;
    reply_.begin(tunnel_ ? http::response_body::until_close : framing->body, head.length.value_or(0));

    auto const body = admit(part);
    if (!body) co_return body.error();
    auto const beyond = reply_.frame(out, *body, part.last); // trailers are dropped (RFC 9110 section 6.5.1)
    auto const rest = outlet_.send_now(out);
    if (rest.empty() && outlet_.settled() && beyond.part.empty()) {
        around_.worker.scratch() = std::move(out);
        co_return result<void>{};
    }
    auto const done = out.size() - rest.size();
    co_return co_await send_rest(std::move(out), done, beyond);
}

void http1_exchange::become_tunnel() noexcept
{
    tunnel_ = true;
    be_a_stream();
    outlet_.hold_nothing();
}

task<result<void>> http1_exchange::write(http::message_part part)
{
    if (!begun() || reply_.complete()) co_return our_error(errc::internal, "written outside of a reply");
    if (abandoned()) co_return client_error(errc::peer_broke_off);
    auto const body = admit(part);
    if (!body) co_return body.error();
    auto out = take_scratch();
    auto const beyond = reply_.frame(out, *body, part.last);
    auto sent = co_await send_rest(std::move(out), 0, beyond);
    if (sent && part.last && tunnel_) {
        around_.stream.say_goodbye();
        around_.stream.socket().finish_sending();
    }
    co_return sent;
}

// A body that does not keep to its head must not pass for a whole one.
result<std::string_view> http1_exchange::admit(http::message_part const& part)
{
    auto admitted = reply_.admit(part.data, part.last);
    if (!admitted) abort(errc::internal);
    return admitted;
}

task<result<void>> http1_exchange::send_rest(std::string out, std::size_t done, reply_body::framed beyond)
{
    auto sent = co_await outlet_.send(std::string_view{out}.substr(done));
    if (sent && !beyond.part.empty()) sent = co_await outlet_.send(beyond.part);
    if (sent && !beyond.after.empty()) sent = co_await outlet_.send(beyond.after);
    if (!sent) reply_.break_off();
    around_.worker.scratch() = std::move(out);
    co_return sent;
}

std::string http1_exchange::take_scratch()
{
    auto out = std::move(around_.worker.scratch());
    out.clear();
    return out;
}

void http1_exchange::abort(errc) noexcept
{
    // The last bytes of a tunnel may be on their way to somebody who does not take them.
    if (reply_.complete() && (!tunnel_ || around_.stream.settled())) return;
    around_.stream.socket().reset();
    gone_ = true;
}

// --- the client's end --------------------------------------------------------------

void http1_exchange::on_abandoned(std::function<void()> notify)
{
    notify_ = std::move(notify);
    if (notify_ && abandoned()) client_is_gone();
}

void http1_exchange::client_is_gone()
{
    gone_ = true;
    if (auto const notify = std::exchange(notify_, nullptr)) notify();
}

} // namespace yett::net
