#include "gateway/upstream/streams/http1_stream.hpp"

#include "gateway/http/chunks.hpp"
#include "gateway/upstream/headers/http1_head_sink.hpp"
#include "gateway/upstream/streams/attempt_rules.hpp"

#include <fmt/format.h>

// Three can end a stream: the client (`abandon`), the server, and a deadline. Each closes the
// connection, and the first of them is kept by it as its ending; who waits for anything wakes from
// that and finds out why (`why_ended`). A failure to send is no end by itself: the server may have
// refused to read on and said why, so that only what is heard decides.

namespace yett::upstream {

using ending = connection::ending;

namespace {

http::framing::limits limits_of(request_terms const& t)
{
    return {t.reply_header_bytes, t.reply_fields, 0};
}

} // namespace

http1_stream::http1_stream(connection_ptr c, base::deadlines& deadlines, request_terms const& t)
    : connection_{std::move(c)},
      deadlines_{deadlines},
      reply_timeout_{t.reply_timeout},
      idle_timeout_{t.idle_timeout},
      reader_{t.asked, connection_->fields(), limits_of(t)}
{
}

// What is at hand of a body goes with the head, in a chunk of its own where it is only its begin.
result<composed> http1_stream::compose(header_plan const& plan, composition const& c, http::message_part const& body)
{
    auto& head = connection_->head_buffer();
    auto composed = write_http1_head(plan, c, head);
    if (!composed) return composed;
    opening_ = body.data;
    in_chunks_ = !c.bare && c.head.body() == http::body_kind::chunked && !body.last && !body.data.empty();
    if (!in_chunks_) return composed;
    http::chunk_line_buffer line;
    head += http::chunk_line(body.data.size(), line);
    return composed;
}

void http1_stream::compose(probe const& question)
{
    auto& head = connection_->head_buffer();
    head.clear();
    http1_head_sink to{head};
    write_probe(question, to);
    to.field("Connection", "close");
    to.end({});
}

void http1_stream::carry(http::exchange& body, std::optional<std::uint64_t> left)
{
    http1_upload::plan const how{!left, left.value_or(0), reply_timeout_, idle_timeout_};
    upload_ = std::make_unique<http1_upload>(body, connection_, how);
}

task<result<bool>> http1_stream::ask(executor const& on)
{
    pieces opening{connection_->head_buffer(), opening_, in_chunks_ ? http::chunk_end : std::string_view{}};
    auto const ec = connection_->send_now(opening);
    if (!ec && connection_->has_unsent(opening)) co_await connection_->send_rest(opening, idle_timeout_);
    if (upload_) upload_->start(on);
    else connection_->set_read_deadline(reply_timeout_);

    for (;;) {
        if (!connection_->readable()) co_await connection_->wait_readable();
        connection_->mark_read();
        auto const complete = hear_head();
        if (!complete) co_return complete.error();
        if (*complete) break;
        if (connection_->how_it_ended() != ending::none) co_return result<bool>{false};
    }
    connection_->clear_read_deadline();
    co_return result<bool>{true};
}

// True when there is a final head.
result<bool> http1_stream::hear_head()
{
    for (;;) {
        auto const event = reader_.feed(connection_->unread());
        if (!event) return event.error();
        if (event->is == http1_reply_reader::step::more) {
            if (connection_->full()) connection_->grow(reader_.most_head_bytes());
            return false;
        }
        connection_->consume(event->consumed);
        auto const& head = reader_.head();
        has_final_head_ = !head.interim() || head.status() == 101;
        if (has_final_head_) return true;
        if (auto const passed = pass_over(head); !passed) return passed.error();
    }
}

result<void> http1_stream::pass_over(http::response_head const& interim)
{
    auto const patience = interim_.one_more(deadlines_.now(), reply_timeout_);
    if (!patience) return upstream_error(errc::upstream_broken, "too many interim replies");
    doubtful_ = doubtful_ || !interim.keep_alive();
    if (request_is_out() && patience->count() > 0) connection_->set_read_deadline(*patience);
    return {};
}

void http1_stream::reply_began() noexcept
{
    if (upload_) upload_->reply_began();
}

// A part and the end of the reply are passed on in one write where both are here: so the reader is
// asked on until it has nothing more to say.
result<reply_part> http1_stream::at_hand()
{
    using step = http1_reply_reader::step;
    reply_part found;
    for (;;) {
        auto const event = reader_.feed(connection_->unread());
        if (!event) return event.error();
        connection_->consume(event->consumed);
        passed_ += event->consumed;
        found.last = event->is == step::end;
        if (event->is == step::part) found.data = event->data;
        if (event->is == step::trailers) found.trailers = reader_.trailers();
        if (event->is == step::end || event->is == step::more) return found;
    }
}

bool http1_stream::awaits_body() const noexcept
{
    auto const& head = reader_.head();
    auto const none = head.body() == http::response_body::none || head.content_length() == 0u;
    return !none && connection_->unread().empty();
}

task<void> http1_stream::await_body(executor const& on)
{
    return reader_.head().body() == http::response_body::length ? connection_->wait_readable() : wait_a_moment(on);
}

// The read goes on; only nobody waits for it any more.
task<void> http1_stream::wait_a_moment(executor const& on)
{
    base::deadlines::entry moment{[this, &on] { connection_->stop_waiting(on); }};
    deadlines_.arm_after(moment, base::deadlines::step);
    co_await connection_->wait_readable();
}

bool http1_stream::broke_off() noexcept
{
    connection_->mark_read();
    connection_->clear_read_deadline();
    return connection_->unread().empty() && connection_->how_it_ended() != ending::none && !is_over();
}

// The server has said its last word where that is all that ends a body.
bool http1_stream::is_over() const noexcept
{
    return connection_->how_it_ended() == ending::closed && reader_.ends_with_connection();
}

void http1_stream::expect()
{
    if (passed_ > connection::bulk_bytes) connection_->expect_bulk();
    connection_->set_read_deadline(idle_timeout_);
}

result<reply_part> http1_stream::take()
{
    connection_->mark_read();
    connection_->clear_read_deadline();
    auto const over = connection_->unread().empty();
    if (over && !is_over()) return reply_part{{}, false, true};
    auto found = at_hand();
    if (found && over) found->last = true;
    return found;
}

error http1_stream::why_ended(std::string_view server, bool client_gone) const
{
    if (upload_ && upload_->trouble()) return *upload_->trouble();
    if (client_gone) return client_went_away();
    auto const stage = has_final_head_ ? "in its reply" : heard() ? "in the head of its reply" : "before its reply";
    if (connection_->how_it_ended() == ending::timed_out)
        return upstream_error(errc::upstream_timeout, fmt::format("{} was silent {}", server, stage));
    auto note = fmt::format("{} broke off {}", server, stage);
    if (auto const trouble = connection_->trouble(); !trouble.empty()) note.append(": ").append(trouble);
    return upstream_error(errc::upstream_broken, std::move(note));
}

bool http1_stream::server_ended_it() const noexcept
{
    auto const how = connection_->how_it_ended();
    return how == ending::closed || how == ending::broken;
}

bool http1_stream::leaves_nothing(bool whole) const noexcept
{
    used_connection const known{
        .reply_is_whole = whole,
        .server_keeps_it = whole && reader_.head().keep_alive(),
        .doubtful = doubtful_,
        .bytes_behind = connection_->has_more(),
        .request_is_out = request_is_out(),
    };
    return may_be_reused(known);
}

task<void> http1_stream::join()
{
    // One that is complete has only to come to its end.
    if (!upload_->complete()) connection_->shut(ending::shut);
    co_await upload_->stop();
}

} // namespace yett::upstream
