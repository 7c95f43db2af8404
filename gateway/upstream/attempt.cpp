#include "gateway/upstream/attempt.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/fields/websocket_protocols.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/upstream/course.hpp"
#include "gateway/upstream/forwarding.hpp"
#include "gateway/upstream/headers/location_mapping.hpp"
#include "gateway/upstream/route_changes.hpp"
#include "gateway/upstream/streams/attempt_rules.hpp"

#include <fmt/format.h>

#include <vector>

// The order is fixed: the head is composed and sent, with what there is of the body; the rest of the body
// goes up beside what follows; the reply's head is awaited; what there is of its body goes down with it, and
// the rest part by part, at the client's pace. The reply may begin before the request's body has ended, and
// end before it has, too: then the rest of it is not read.
//
// What is certain at the end decides two things, both by `attempt_rules`. A request that failed is sent
// again only when this attempt was nothing, or nobody minds, and never once something was passed on. So a
// reply that is a failure of its server is not passed on where another server may be asked, and a head whose
// body has yet to come waits for its first bytes. A connection is kept only when nothing of this request
// can be left on it.
//
// A connection that was signed in by NTLM or Negotiate belongs to one client's connection from then on
// (`reservation::bind`), and behind a trusted proxy, whose connections carry anybody's requests, to nobody.

namespace yett::upstream {

namespace {

bool announces_events(http::response_head const& head) noexcept
{
    auto const* const type = head.find(http::known::content_type);
    constexpr std::string_view events = "text/event-stream";
    return type && http::ascii::equal_ignoring_case(type->value.substr(0, events.size()), events);
}

request_terms terms_of(forward_options const& o, http::method asked)
{
    return {asked, o.reply_timeout, o.idle_timeout, o.connections.reply_header_bytes, o.connections.reply_fields};
}

} // namespace

attempt::attempt(forwarding& request, course& way, reservation taken, forward_options const& options, dependencies const& around)
    : request_{request},
      way_{way},
      options_{options},
      around_{around},
      reserved_{std::move(taken)},
      stream_{reserved_, around.deadlines, terms_of(options, request.request().method())}
{
}

// One coroutine from the request to the reply's begin: each more would be a frame more for every request.
task<result<void>> attempt::run()
{
    if (auto const written = compose(); !written) co_return written.error();
    if (!request_.body().last) carry_body();
    auto const sent_at = steady_now();
    auto const heard = co_await stream_.ask(around_.executor);
    if (!heard) co_return heard.error();
    if (!*heard) co_return lost(why_ended());

    auto const switches = stream_.head().status() == 101;
    if (switches && !is_wanted_switch())
        co_return upstream_error(errc::upstream_broken, "101 without having been asked, or not as it was");
    note_reply(sent_at);
    if (switches) co_return co_await switch_protocols();
    if (is_turned_down()) [[unlikely]]
        if (auto const other = turn_down(); !other) co_return other.error();
    if (is_kept_back()) {
        stream_.expect();
        if (!stream_.is_readable()) co_await stream_.await_body(around_.executor);
        if (stream_.broke_off()) co_return lost(why_ended());
    }

    auto const first = open_reply();
    if (!first) co_return first.error();
    auto const& [head, part] = *first;
    auto const begun = co_await request_.exchange().begin(head, {part.data, part.last, part.trailers});
    if (!begun) co_return begun.error();
    if (!part.last) co_return co_await relay_rest();
    whole_ = true;
    co_return result<void>{};
}

result<void> attempt::compose()
{
    auto const& context = request_.context();
    auto const& body = request_.body();
    auto& exchange = request_.exchange();
    composition c{request_.request(), context.where ? *context.where : exchange.where(), exchange.from(), context.client};
    c.who = request_.who();
    c.request_id = context.request_id;
    c.assertion = context.assertion;
    c.bearers = context.bearers;
    c.websocket = context.websocket.has_value();
    c.bare = context.bare;
    auto const came_whole = !c.bare && request_.request().body() == http::body_kind::chunked && body.last;
    if (came_whole) c.length = body.data.size();
    c.host = way_.to().host();
    // HTTP/1.0 need not name a host, HTTP/1.1 has to.
    if (c.host.empty() && exchange.where().host().empty()) c.host = way_.to().address().authority();
    c.rules = context.changes ? context.changes->of_request() : nullptr;
    if (request_.is_first_composed()) c.dropped = &around_.figures.dropped_fields;

    auto const composed = stream_.compose(context.headers, c, body);
    if (!composed) return composed.error();
    if (composed->signs_in_connection) reserved_.bind();
    return {};
}

void attempt::carry_body()
{
    auto const& head = request_.request();
    std::optional<std::uint64_t> left;
    if (head.body() == http::body_kind::length) left = head.content_length() - request_.body().data.size();
    stream_.carry(request_.exchange(), left);
}

void attempt::note_reply(steady_time sent_at)
{
    auto& seen = request_.context().seen;
    seen.status = stream_.head().status();
    auto const now = steady_now();
    seen.duration = now - sent_at;
    request_.was_answered(now - sent_at, now);
}

bool attempt::is_turned_down() const
{
    auto const& head = stream_.head();
    return head.status() >= 500 && is_failure_of_server(head.status(), head.find(http::known::retry_after)) &&
           request_.may_be_repeated() && !request_.is_gone();
}

// Fails where another attempt follows. A reply that is here as a whole leaves a sound connection behind.
result<void> attempt::turn_down()
{
    auto why =
        upstream_error(errc::upstream_unavailable, fmt::format("{} answered {}", way_.to().name(), stream_.head().status()));
    if (!way_.go_on(next_attempt::another_server, true, why, around_.deadlines.now())) return {};
    auto const part = stream_.at_hand();
    whole_ = part && part->last;
    return std::move(why).as_retryable();
}

// Whoever listens for events is told at once that they are listened for: the first may be long in coming.
bool attempt::is_kept_back() const
{
    return stream_.awaits_body() && request_.may_be_repeated() && way_.may_turn(around_.deadlines.now()) &&
           !announces_events(stream_.head());
}

result<http::reply_head> attempt::head_for_client(std::span<http::field const> added)
{
    auto const& context = request_.context();
    auto const asked_host = request_.request().host();
    auto const& host = way_.to().host();
    auto const& at = way_.to().address();
    location_mapping const locations{{at.scheme == server_scheme::https ? "https" : "http", at.authority()},
                                     host.empty() ? asked_host : std::string_view{host},
                                     {context.client.https ? "https" : "http", asked_host},
                                     context.changes ? context.changes->prefixes() : nullptr};
    reply_rules rules{context.headers, added, &locations, context.client.trusted, context.speaks_of_origins};
    if (context.changes) {
        rules.changes = context.changes->of_reply();
        rules.prefixes = context.changes->prefixes();
    }
    auto const& reply = stream_.head();
    told_ = fields_for_client(stream_.fields(), reply.fields().size(), rules);
    if (!told_) return upstream_error(errc::upstream_broken, "Connection nominates too many fields");
    if (told_->asks_to_sign_in_connection) reserved_.bind();
    http::reply_head head;
    head.status = reply.status();
    head.reason = reply.reason();
    head.fields = told_->fields;
    return head;
}

result<attempt::opening> attempt::open_reply()
{
    stream_.reply_began();
    auto head = head_for_client(request_.context().added);
    if (!head) return head.error();
    auto const part = stream_.at_hand();
    if (!part) return part.error();

    head->length = stream_.head().content_length();
    // Chunks that came as a whole need none on the way on.
    if (part->last && stream_.head().body() == http::response_body::chunked) head->length = part->data.size();
    return opening{*head, *part};
}

task<result<void>> attempt::relay_rest()
{
    for (;;) {
        stream_.expect();
        if (!stream_.is_readable()) co_await stream_.wait();
        auto const part = stream_.take();
        if (!part) co_return part.error();
        if (part->cut) co_return why_ended();
        if (part->data.empty() && !part->last) continue;
        auto const written = co_await request_.exchange().write({part->data, part->last, part->trailers});
        if (!written) co_return written.error();
        if (part->last) break;
    }
    whole_ = true;
    co_return result<void>{};
}

bool attempt::is_wanted_switch() const
{
    auto const& head = stream_.head();
    return request_.context().websocket && http::websocket::is_accepted(head, http::websocket::key_of(request_.request()));
}

task<result<void>> attempt::switch_protocols()
{
    auto const& context = request_.context();
    std::vector<http::field> added{context.added.begin(), context.added.end()};
    if (auto const selected = context.websocket->selects; !selected.empty())
        added.push_back({http::websocket::protocol_field, selected, http::known::other});
    auto const head = head_for_client(added);
    if (!head) co_return head.error();
    auto const begun = co_await request_.exchange().begin(*head, {});
    if (!begun) co_return begun.error();
    if (request_.is_gone()) co_return why_ended();
    reserved_.set_apart();
    request_.count_no_more();
    tunnel::parties const both{request_.exchange(),        reserved_.get(),        around_.executor, around_.deadlines,
                               around_.figures.websockets, context.websocket->idle};
    tunnel_ = std::make_unique<tunnel>(both);
    auto outcome = co_await tunnel_->run();
    context.seen.ended = name_of(tunnel_->reason());
    co_return outcome;
}

error attempt::why_ended() const
{
    return stream_.why_ended(way_.to().name(), request_.is_abandoned());
}

error attempt::lost(error why)
{
    lost_attempt const known{
        .on_kept_connection = stream_.was_kept() && !way_.wants_new_connection(),
        .server_ended_it = stream_.server_ended_it(),
        .heard = stream_.heard(),
        .client_gone = request_.is_gone(),
        .request_at_hand = request_.body().last,
        .method_is_idempotent = request_.method_is_idempotent(),
        .anything_sent = stream_.anything_sent(),
    };
    auto const next = next_after(known);
    auto const follows = way_.go_on(next, known.anything_sent, why, around_.deadlines.now());
    return follows ? std::move(why).as_retryable() : std::move(why);
}

// Behind a proxy the next request of the same connection may be somebody else's.
void attempt::release() noexcept
{
    if (!reserved_ || reserved_.is_place()) return; // a place goes behind its stream
    if (!stream_.leaves_nothing(whole_)) return reserved_.discard();
    reserved_.keep(request_.context().client.trusted ? 0 : request_.exchange().from().connection);
}

} // namespace yett::upstream
