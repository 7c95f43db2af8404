#include "gateway/upstream/transfer.hpp"

#include "gateway/http/chunks.hpp"
#include "gateway/http/framing.hpp"
#include "gateway/http/websocket_protocols.hpp"
#include "gateway/upstream/headers/http1_head_sink.hpp"
#include "gateway/upstream/headers/location_mapping.hpp"

#include <fmt/format.h>

#include <vector>

// A request is sent twice only when the first time was nothing: the connection had been kept and died
// of its age (`died_unheard`), no byte of a reply was heard, the whole body is at hand, and either its
// method is safe or not a byte of it left. Everything else would let the application act twice
// (RFC 9110 section 9.2.2, RFC 9112 section 9.3.1). What must not be sent twice looks at a kept
// connection before it trusts it (`is_stale`), which costs a system call and makes the case rare.
//
// Three can end a transfer: the client that goes away, the session that is over (`end`), and the
// server. Each wakes whoever waits by closing what is waited for, and leaves its reason where
// `why_ended` finds it: `ended_`, `gone_`, or the way the connection ended. After every wait `gone_` is
// looked at before anything is begun.
//
// The connection goes back to the pool only when nothing of this request can be left on it: the reply
// was read and passed on to its end, no byte lies behind it, the request's body is out, and neither
// side said that it closes (`release`). Doubt costs a connection; a mistake would hand one client's
// reply to another.
//
// A connection that was signed in by NTLM or Negotiate belongs to one client's connection from then
// on (`bound_`), and behind a trusted proxy, whose connections carry anybody's requests, to nobody.

namespace yett::upstream {

using ending = connection::ending;

transfer::transfer(parties const& p)
    : parties_{p},
      exchange_{p.exchange},
      request_{p.exchange.request()},
      turn_{p.context.counted_as}
{
    exchange_.on_abandoned([this] { client_is_gone(); });
    if (p.context.ends) p.context.ends->running_ = this;
}

transfer::~transfer()
{
    exchange_.on_abandoned({});
    if (parties_.context.ends) parties_.context.ends->running_ = nullptr;
    release();
}

bool recall::end(errc why) noexcept
{
    return running_ && running_->end(why);
}

// Whoever waits for anything wakes from what is closed here, and finds out why.
bool transfer::end(errc why) noexcept
{
    if (tunnel_) return tunnel_->end(why);
    if (why == errc::stopping || whole_ || gone_) return false;
    ended_ = why;
    client_is_gone();
    if (exchange_.begun()) exchange_.abort();
    return true;
}

void transfer::client_is_gone() noexcept
{
    gone_ = true;
    turn_.cancel();
    if (connection_) connection_->shut(ending::shut);
}

// Sending it again is the same as sending it once, and possible. A PUT, say, could undo what
// somebody else did in between.
bool transfer::repeatable() const noexcept
{
    auto const m = request_.method();
    return replayable() && http::is_idempotent(m) && http::is_safe(m);
}

task<result<void>> transfer::run()
{
    if (exchange_.abandoned()) co_return why_ended();
    auto const takes_body = !parties_.context.bare && request_.body() != http::body_kind::none;
    if (takes_body) at_hand_ = exchange_.body_at_hand();
    if (takes_body && request_.body() == http::body_kind::length && at_hand_.part.size() == request_.content_length())
        at_hand_.complete = true;
    if (!at_hand_.complete) {
        auto const gathered = co_await exchange_.gather_body(at_hand_);
        if (gone_) co_return why_ended();
        if (!gathered) co_return gathered.error();
        at_hand_ = *gathered;
    }

    for (auto& retries = parties_.context.seen.retries;; ++retries) {
        if (retries == 0 && !take_kept()) {
            auto const found = co_await find_connection();
            if (!found) co_return found.error();
        } else if (retries > 0) {
            auto const found = co_await open_connection();
            if (!found) co_return found.error();
        }
        auto heard = co_await hear_reply();
        if (heard && reply_->status() == 101) co_return co_await switch_protocols();
        if (heard) co_return co_await relay();
        if (!died_unheard() || retries >= parties_.options.retries) co_return heard.error();
        parties_.pool.discard(std::exchange(connection_, nullptr));
    }
}

// What cannot be sent twice is worth a system call to see whether the server has just
// closed the connection.
bool transfer::is_stale(connection& c) const noexcept
{
    return !repeatable() && c.is_used() && c.looks_disturbed();
}

bool transfer::take_kept() noexcept
{
    connection_ = parties_.pool.take_bound(turn_, exchange_.from().connection);
    bound_ = connection_ != nullptr;
    if (bound_ && !is_stale(*connection_)) return true;
    if (bound_) parties_.pool.discard(std::exchange(connection_, nullptr));
    bound_ = false;
    while ((connection_ = parties_.pool.take(turn_))) {
        if (!is_stale(*connection_)) return true;
        parties_.pool.discard(std::exchange(connection_, nullptr));
    }
    return false;
}

task<result<void>> transfer::find_connection()
{
    auto found = co_await parties_.pool.acquire(turn_);
    if (!found) co_return found.error();
    connection_ = std::move(*found);
    if (gone_) co_return why_ended();
    if (!is_stale(*connection_)) co_return result<void>{};
    parties_.pool.discard(std::exchange(connection_, nullptr));
    co_return co_await open_connection();
}

task<result<void>> transfer::open_connection()
{
    auto found = co_await parties_.pool.acquire_new(turn_);
    if (!found) co_return found.error();
    connection_ = std::move(*found);
    if (gone_) co_return why_ended();
    co_return result<void>{};
}

result<pieces> transfer::compose()
{
    auto& head = connection_->head_buffer();
    composition c{request_, exchange_.where(), exchange_.from(), parties_.context.client};
    c.who = parties_.who;
    c.request_id = parties_.context.request_id;
    c.traceparent = parties_.context.traceparent;
    c.assertion = parties_.context.assertion;
    c.bearers = parties_.context.bearers;
    c.websocket = parties_.context.websocket.has_value();
    c.bare = parties_.context.bare;
    auto const chunked = !c.bare && request_.body() == http::body_kind::chunked;
    if (chunked && at_hand_.complete) c.length = at_hand_.part.size();
    c.host = parties_.options.host;
    // HTTP/1.0 need not name a host, HTTP/1.1 has to.
    if (c.host.empty() && exchange_.where().host().empty()) c.host = parties_.options.server.text;
    c.rules = parties_.context.rules;
    if (parties_.context.seen.retries == 0) c.dropped = &parties_.dropped;
    auto const composed = write_http1_head(parties_.context.headers, c, head);
    if (!composed) return composed.error();
    bound_ = bound_ || composed->signs_in_connection;
    if (!chunked || at_hand_.complete || at_hand_.part.empty()) return pieces{head, at_hand_.part};
    http::chunk_line_buffer line;
    head += http::chunk_line(at_hand_.part.size(), line);
    return pieces{head, at_hand_.part, http::chunk_end};
}

task<result<void>> transfer::hear_reply()
{
    auto text = compose();
    if (!text) co_return text.error();
    sent_at_ = steady_now();
    // A failure to send is told by what the connection says: perhaps a reply.
    auto const ec = connection_->send_now(*text);
    if (!ec && !text->empty()) co_await connection_->send_rest(*text, parties_.options.idle_timeout);
    if (at_hand_.complete) connection_->hear_within(parties_.options.reply_timeout);
    else start_upload();

    for (;;) {
        if (!connection_->has_news()) co_await connection_->news();
        connection_->hear();
        auto const complete = read_head();
        if (!complete) co_return complete.error();
        if (*complete) co_return result<void>{};
        if (connection_->how_it_ended() != ending::none) co_return why_ended();
    }
}

void transfer::start_upload()
{
    auto const chunked = request_.body() == http::body_kind::chunked;
    upload::plan how{chunked, 0, parties_.options.reply_timeout, parties_.options.idle_timeout};
    if (!chunked) how.left = request_.content_length() - at_hand_.part.size();
    upload_.emplace(exchange_, connection_, how);
    upload_->start(parties_.executor);
}

// True when there is a final head.
result<bool> transfer::read_head()
{
    for (;;) {
        auto const bytes = connection_->unread();
        std::string_view const text{bytes.data(), bytes.size()};
        heard_ = heard_ || !text.empty();
        if (text.empty()) return false;
        auto const end = http::framing::end_of_response_head(text, searched_);
        http::framing::limits const limits{parties_.options.reply_header_bytes, parties_.options.connections.reply_fields, 0};
        if (end == http::framing::npos) {
            if (text.size() >= limits.header_bytes) return http::framing::outgrown(limits);
            if (connection_->full()) connection_->grow(limits.header_bytes);
            searched_ = text.size();
            return false;
        }
        auto const room = connection_->fields().first(limits.fields);
        auto const head = http::framing::read_response(text.substr(0, end), room, request_.method(), limits);
        if (!head) return head.error();
        connection_->consume(end);
        searched_ = 0;
        auto const final = accept_head(*head);
        if (!final || *final) return final;
    }
}

result<bool> transfer::accept_head(http::response_head const& head)
{
    auto const switches = head.status() == 101;
    if (switches && !is_wanted_switch(head))
        return upstream_error(errc::upstream_broken, "101 without having been asked, or not as it was");
    if (head.interim() && !switches) {
        auto const passed = pass_over(head);
        return passed ? result<bool>{false} : passed.error();
    }
    reply_ = head;
    return true;
}

result<void> transfer::pass_over(http::response_head const& interim)
{
    auto const patience = interim_.one_more(parties_.deadlines.now(), parties_.options.reply_timeout);
    if (!patience) return upstream_error(errc::upstream_broken, "too many interim replies");
    doubtful_ = doubtful_ || !interim.keep_alive();
    if (request_is_out() && patience->count() > 0) connection_->hear_within(*patience);
    return {};
}

bool transfer::is_wanted_switch(http::response_head const& head) const
{
    return parties_.context.websocket && http::websocket::is_accepted(head, http::websocket::key_of(request_));
}

void transfer::note_reply()
{
    auto& seen = parties_.context.seen;
    seen.status = reply_->status();
    seen.duration = steady_now() - sent_at_;
    connection_->need_not_hear();
}

result<http::reply_head> transfer::head_for_client(std::span<http::field const> added)
{
    auto const& client = parties_.context.client;
    auto const& host = parties_.options.host;
    location_mapping const locations{parties_.options.server.text,
                                     host.empty() ? request_.host() : std::string_view{host},
                                     {client.https ? "https" : "http", request_.host()}};
    auto const& context = parties_.context;
    reply_rules const rules{context.headers, added, &locations, client.trusted, context.speaks_of_origins};
    told_ = fields_for_client(connection_->fields(), reply_->fields().size(), rules);
    if (!told_) return upstream_error(errc::upstream_broken, "Connection nominates too many fields");
    bound_ = bound_ || told_->asks_to_sign_in_connection;
    http::reply_head head;
    head.status = reply_->status();
    head.reason = reply_->reason();
    head.fields = told_->fields;
    return head;
}

task<result<void>> transfer::switch_protocols()
{
    note_reply();
    std::vector<http::field> added{parties_.context.added.begin(), parties_.context.added.end()};
    if (auto const selected = parties_.context.websocket->selects; !selected.empty())
        added.push_back({http::websocket::protocol_field, selected, http::known::other});
    auto const head = head_for_client(added);
    if (!head) co_return head.error();
    auto const begun = co_await exchange_.begin(*head, {}, false);
    if (!begun) co_return begun.error();
    if (gone_) co_return why_ended();
    parties_.pool.set_apart(*connection_);
    tunnel::parties const both{exchange_,          connection_,         parties_.executor,
                               parties_.deadlines, parties_.websockets, parties_.context.websocket->idle};
    tunnel_ = std::make_unique<tunnel>(both);
    auto outcome = co_await tunnel_->run();
    parties_.context.seen.ended = name_of(tunnel_->reason());
    co_return outcome;
}

task<result<void>> transfer::relay()
{
    note_reply();
    if (upload_) upload_->reply_began();

    auto head = head_for_client(parties_.context.added);
    if (!head) co_return head.error();
    reply_body body{*reply_};
    auto const part = body.next(connection_->unread());
    if (!part) co_return part.error();
    connection_->consume(part->consumed);

    head->length = reply_->content_length();
    // Chunks that came as a whole need none on the way on.
    if (part->last && reply_->body() == http::response_body::chunked) head->length = part->data.size();
    auto const begun = co_await exchange_.begin(*head, part->data, part->last);
    if (!begun) co_return begun.error();
    if (!part->last) co_return co_await relay_rest(body);
    whole_ = true;
    co_return result<void>{};
}

task<result<void>> transfer::relay_rest(reply_body& body)
{
    for (;;) {
        if (passed_ > connection::bulk_bytes) connection_->expect_bulk();
        connection_->hear_within(parties_.options.idle_timeout);
        if (!connection_->has_news()) co_await connection_->news();
        connection_->hear();
        connection_->need_not_hear();

        auto const cut = connection_->unread().empty();
        if (cut && !(connection_->how_it_ended() == ending::closed && body.ends_with_connection())) co_return why_ended();
        auto const part = body.next(connection_->unread());
        if (!part) co_return part.error();
        connection_->consume(part->consumed);
        passed_ += part->consumed;
        auto const last = part->last || cut;
        if (part->data.empty() && !last) continue;
        auto const written = co_await exchange_.write(part->data, last);
        if (!written) co_return written.error();
        if (last) break;
    }
    whole_ = true;
    co_return result<void>{};
}

error transfer::why_ended() const
{
    if (upload_ && upload_->trouble()) return *upload_->trouble();
    if (gone_ || exchange_.abandoned()) return client_error(errc::peer_broke_off, "the client went away");
    auto const& server = parties_.options.server.text;
    auto const stage = reply_ ? "in its reply" : heard_ ? "in the head of its reply" : "before its reply";
    if (connection_ && connection_->how_it_ended() == ending::timed_out)
        return upstream_error(errc::upstream_timeout, fmt::format("{} was silent {}", server, stage));
    return upstream_error(errc::upstream_broken, fmt::format("{} broke off {}", server, stage));
}

bool transfer::died_unheard() const noexcept
{
    auto const how = connection_->how_it_ended();
    auto const died = how == ending::closed || how == ending::broken;
    return died && connection_->is_used() && !heard_ && !gone_ && replayable() && (repeatable() || connection_->sent() == 0);
}

task<void> transfer::tie_up()
{
    if (tunnel_) {
        co_await tunnel_->tie_up();
        co_return;
    }
    // One that is complete has only to come to its end.
    if (!upload_->complete()) connection_->shut(ending::shut);
    co_await upload_->stop();
}

void transfer::release() noexcept
{
    // Not in a pool's list: closed already, or the pool is gone.
    if (!connection_ || !connection_->is_linked()) return;
    connection_->need_not_hear();
    auto c = std::exchange(connection_, nullptr);
    if (tunnel_) return parties_.pool.forget(*c);
    auto const sound = whole_ && reply_->keep_alive() && !doubtful_ && c->unread().empty() && (!upload_ || upload_->complete());
    if (!sound) parties_.pool.discard(std::move(c));
    else keep(std::move(c));
}

// Behind a proxy the next request of the same connection may be somebody else's.
void transfer::keep(connection_ptr c) noexcept
{
    auto const client = exchange_.from().connection;
    if (!bound_) parties_.pool.keep(std::move(c));
    else if (client != 0 && !parties_.context.client.trusted) parties_.pool.keep_bound(std::move(c), client);
    else parties_.pool.discard(std::move(c));
}

} // namespace yett::upstream
