#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/client_certificate.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/ip.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/target.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::http {

class https_entrance;

// What is known of the connection a request came on.
struct peer
{
    ip_address ip;       // the socket's other end
    std::string address; // the same as text, without port
    std::uint16_t port = 0;
    bool tls = false;
    std::string_view tls_version;                          // "TLSv1.3", empty without TLS
    std::string server_name;                               // SNI, empty when none
    std::shared_ptr<client_certificate const> certificate; // that the client proved to be its own; null: none
    std::string_view listener;                             // the configured address
    std::uint64_t connection = 0; // its number on this worker, never used again; 0: nothing may be bound to it
    // Where the listener sends whoever comes in clear; null: it serves them.
    https_entrance const* to_https = nullptr;
    // What Strict-Transport-Security says here; empty: nothing.
    std::string_view hsts;
    std::string_view hsts_by_proxy; // to clients that came by TLS to a trusted proxy
};

// A reply without its body. The views need to live until the call that takes it returns.
struct reply_head
{
    unsigned status = 200;
    std::span<field const> fields;       // no framing and no hop-by-hop fields: the connection writes those
    std::optional<std::uint64_t> length; // unknown: chunked on HTTP/1.1, until close on 1.0
    std::string_view reason = {};        // the words behind the status; empty: the usual ones
};

// What a message goes on with behind its head, be it a request or a reply, read or written: a piece
// of its body and, with the last one, its trailers. A message of any protocol is a head, parts of
// which none but the last may be empty, and an end; who reads on behind the last part is given an
// empty last one again.
//
// Trailers are fields that were sent behind the body (RFC 9110 section 6.5). They are for passing on
// and for nothing else: what a message says of its framing, its origin or its rights it says in its
// head. HTTP/1.1 reads them and drops them where it writes, as its section 6.5.1 allows; HTTP/2 writes them.
struct message_part
{
    message_part() noexcept = default;
    message_part(std::string_view bytes, bool ends, std::span<field const> behind = {}) noexcept
        : data{bytes},
          last{ends},
          trailers{behind}
    {
    }

    std::string_view data;           // valid until whoever gave it is asked for more
    bool last = false;               // the message ends with it
    std::span<field const> trailers; // of a last part, valid as long as `data`
};

// A small reply of our own: everything but a forwarded one.
struct reply
{
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string body;
};

// A request on its way to an answer, whatever protocol it came by: what was asked, and
// the only way to say something back. Not thread-safe; it lives on its worker.
//
// Exactly one reply is begun. Between `begin` and the last part the body may be written
// by one coroutine while another still reads the request's body.
class exchange
{
public:
    virtual ~exchange() = default;

    virtual head const& request() const noexcept = 0;
    virtual target const& where() const noexcept = 0;
    virtual peer const& from() const noexcept = 0;
    virtual steady_time started_at() const noexcept = 0;

    // Reads on in the request's body: a part of at most one buffer, valid until the next
    // call; an empty part is the end. Sends "100 Continue" before the first wait if the
    // client expects one. Fails with bad_request for broken chunks, body_too_large,
    // timed_out, or peer_broke_off; with peer_closed when the reply ends while it waits.
    virtual task<result<message_part>> read_body() = 0;
    // What has arrived of the body already: the same part read_body would return without
    // waiting, or nothing. It counts as read: read_body goes on behind it.
    virtual message_part body_at_hand() = 0;
    // Reads on behind `so_far`, what `body_at_hand` gave, before anybody is troubled with an
    // upload: until the body is complete or as much is held as may be. All of it as one
    // part, valid until the next call of read_body. Fails as read_body does. Who does not
    // hold bodies gives back what there was.
    virtual task<result<message_part>> gather_body(message_part so_far);
    // Neither body has to keep a pace, and none is held back.
    virtual void be_a_stream() noexcept {}
    // After this exchange nothing more is read as a request, whatever the client sent.
    // Only HTTP/1 has to be told: elsewhere requests cannot be mistaken for anything else.
    virtual void be_the_last() noexcept {}
    // The client came to a trusted proxy, by TLS or not: what replies promise of HTTPS goes by that.
    virtual void came_by_proxy(bool) noexcept {}
    // Raises or lowers the limit on the body's size for this request; 0 is no limit.
    virtual void limit_body(std::uint64_t bytes) noexcept = 0;

    // Begins the reply and sends the first part of its body with it, in one write when
    // both fit. A last part ends the reply. The body is dropped for HEAD, 204 and 304, and
    // trailers where the client's protocol has no place for them.
    //
    // 101, on HTTP/1.1 and for a WebSocket alone, makes the exchange a tunnel: read_body
    // then gives whatever the client sends behind its request until it sends no more,
    // write passes bytes on unframed, and a last part ends this direction only. Reading waits
    // without a limit; whoever opens a tunnel has one.
    virtual task<result<void>> begin(reply_head const& head, message_part part) = 0;
    virtual task<result<void>> write(message_part part) = 0;
    // Gives up a reply that has begun so that the client cannot take it for a whole one. `why` is told where the
    // protocol, or what is spoken over it, has a word for it.
    virtual void abort(errc why) noexcept = 0;

    virtual bool begun() const noexcept = 0;
    virtual unsigned status() const noexcept = 0;        // 0 before begin
    virtual std::uint64_t bytes_in() const noexcept = 0; // body bytes, decoded
    virtual std::uint64_t bytes_out() const noexcept = 0;
    // True once the client is known to be gone: reset, or closed with nothing left to ask.
    virtual bool abandoned() const noexcept = 0;
    // Calls back once, on the worker, when the client is gone; an empty function forgets it.
    virtual void on_abandoned(std::function<void()> notify) = 0;
};

// Sends a small reply as a whole.
task<result<void>> send(exchange& ex, reply const& r);

// What a protocol asks of the program behind it; `app` fills it in with the pipeline.
struct answers
{
    // Answers one exchange: begins exactly one reply, reports and never throws.
    std::function<task<void>(exchange&)> request;
    // The reply to bytes that never became a request (framing, target), of which the third
    // argument is what there is of their head. The caller sends it and closes; the call
    // itself writes the access log and the counters.
    std::function<reply(peer const&, error const&, std::string_view)> refusal;
};

} // namespace yett::http
