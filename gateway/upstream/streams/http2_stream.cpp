#include "gateway/upstream/streams/http2_stream.hpp"

#include "gateway/upstream/streams/grpc_timeout.hpp"

#include <fmt/format.h>

// What the engine tells comes out of its midst: it is noted, and whoever waits is woken from the event loop. Deadlines and
// clients end a stream at once (`give_up`), and the engine's last word on it comes later or never: the first reason
// is kept as its ending, as with HTTP/1.1.
//
// Bytes that came count against the window until the client has taken them, which it has when more is expected.

namespace yett::upstream {

using kind = http2_ending::kind;

http2_stream::http2_stream(http2_connection_ptr at, base::deadlines& deadlines, request_terms const& t)
    : at_{std::move(at)},
      deadlines_{deadlines},
      terms_{t},
      opening_{http2_head_sink{at_->scheme()}},
      reply_{t.asked, {t.reply_header_bytes, t.reply_fields, 0}},
      deadline_{[this] { give_up({kind::timed_out}); }},
      call_deadline_{[this] { give_up({kind::call_is_due}); }},
      was_kept_{at_->has_served()}
{
}

http2_stream::~http2_stream()
{
    if (!opened_) return;
    at_->engine().reset(*this, http2::error_code::cancel);
    at_->engine().forget(*this);
    at_->flush();
}

// --- the request -----------------------------------------------------------------------

result<composed> http2_stream::compose(header_plan const& plan, composition const& c, http::message_part const& body)
{
    if (c.websocket) return our_error(errc::not_implemented, "no WebSockets over HTTP/2 to applications");
    opening_.body = body;
    opening_.call_within = grpc_timeout_of(c.head);
    return plan.apply(c, opening_.head);
}

void http2_stream::compose(probe const& question)
{
    write_probe(question, opening_.head);
    opening_.head.end({});
    opening_.body = {{}, true};
}

void http2_stream::carry(http::exchange& body, std::optional<std::uint64_t> left)
{
    upload_ = std::make_unique<http2_upload>(body, *this, left, http2_upload::patience{deadlines_, terms_.idle_timeout});
}

task<result<bool>> http2_stream::ask(executor const& on)
{
    begin();
    if (upload_ && !is_over()) upload_->start(on);
    while (!reply_.has_head() && !fault_ && !is_over()) co_await reader_.wait();
    deadline_.disarm();
    if (fault_) co_return *fault_;
    co_return result<bool>{reply_.has_head()};
}

// The head, and with it what is there of the body. Without more to come, or once that has left, a reply is awaited.
void http2_stream::begin()
{
    if (is_over()) return;
    auto& [head, body, call_within] = opening_;
    auto const ends = body.last && body.data.empty();
    auto const begun = at_->open(*this, *this, head.fields(), ends);
    if (!begun) return end({kind::refused});
    opened_ = true;
    if (call_within) deadlines_.arm_after(call_deadline_, *call_within);
    if (!upload_) deadlines_.arm_after(deadline_, ends ? terms_.reply_timeout : terms_.idle_timeout);
    if (!body.data.empty()) at_->engine().offer(*this, body.data, body.last);
    at_->flush();
}

void http2_stream::send(std::string_view bytes, bool last)
{
    at_->engine().offer(*this, bytes, last);
    at_->flush();
}

void http2_stream::await_reply() noexcept
{
    if (!is_over() && !reply_.has_head()) deadlines_.arm_after(deadline_, terms_.reply_timeout);
}

void http2_stream::on_sent()
{
    if (upload_) upload_->was_sent();
    else await_reply();
}

// --- the reply --------------------------------------------------------------------------

void http2_stream::on_response(http2::field_section& section, bool ends)
{
    auto const head = reply_.take_head(section, ends);
    auto const patience = head && head->interim() ? interim_.one_more(deadlines_.now(), terms_.reply_timeout) : milliseconds{};
    if (!head) fault_ = head.error();
    if (!patience) fault_ = upstream_error(errc::upstream_broken, "too many interim replies");
    if (fault_) at_->engine().reset(*this, http2::error_code::protocol_error);
    else if (head->interim() && deadline_.armed() && patience->count() > 0) deadlines_.arm_after(deadline_, *patience);
    wake();
}

void http2_stream::on_data(std::string_view bytes)
{
    reply_.take_data(bytes);
    wake();
}

void http2_stream::on_end()
{
    reply_.end();
    wake();
}

task<void> http2_stream::await_body(executor const&)
{
    return reply_.head().body() == http::response_body::length ? reader_.wait() : wait_a_moment();
}

task<void> http2_stream::wait_a_moment()
{
    base::deadlines::entry moment{[this] { wake(); }};
    deadlines_.arm_after(moment, base::deadlines::step);
    co_await reader_.wait();
}

bool http2_stream::broke_off() noexcept
{
    deadline_.disarm();
    return !reply_.has_news() && is_over();
}

void http2_stream::expect()
{
    if (auto const passed = reply_.done(); passed > 0) {
        at_->engine().taken(*this, passed);
        at_->flush();
    }
    if (!is_readable()) deadlines_.arm_after(deadline_, terms_.idle_timeout);
}

result<reply_part> http2_stream::take()
{
    deadline_.disarm();
    if (!reply_.has_news()) return reply_part{{}, false, true};
    return reply_.next();
}

void http2_stream::reply_began() noexcept
{
    if (upload_) upload_->reply_began();
}

// --- its end -----------------------------------------------------------------------------

void http2_stream::on_closed(http2::error_code why) noexcept
{
    if (reply_.is_complete()) end({kind::complete});
    else end(ending_for(why));
}

void http2_stream::connection_ended() noexcept
{
    end({at_->how_it_ended() == http2_connection::ending::timed_out ? kind::silent : kind::lost});
}

void http2_stream::end(http2_ending how) noexcept
{
    if (!is_over()) ended_ = how;
    deadline_.disarm();
    call_deadline_.disarm();
    wake();
    if (upload_) upload_->was_sent();
}

void http2_stream::give_up(http2_ending why) noexcept
{
    if (is_over()) return;
    end(why);
    if (!opened_) return;
    at_->engine().reset(*this, http2::error_code::cancel);
    at_->flush();
    if (why.is == kind::timed_out) at_->doubt(terms_.reply_timeout);
}

void http2_stream::wake() noexcept
{
    reader_.wake_later(at_->executor());
}

void http2_stream::drop_waiters() noexcept
{
    if (reader_.waiting()) return reader_.drop(); // whoever waited takes this along
    if (upload_) upload_->drop();
}

error http2_stream::why_ended(std::string_view server, bool client_gone) const
{
    if (upload_ && upload_->trouble()) return *upload_->trouble();
    if (client_gone) return client_went_away();
    auto const* const stage = reply_.has_head() ? "in its reply" : heard() ? "in the head of its reply" : "before its reply";
    return error_for(ended_, server, stage, at_->trouble());
}

task<void> http2_stream::join()
{
    // One that is complete has only to come to its end.
    if (!upload_->complete()) give_up({kind::given_up});
    co_await upload_->stop();
}

} // namespace yett::upstream
