#include "gateway/upstream/streams/http1_upload.hpp"

#include "gateway/http/chunks.hpp"

// The exchange counts a body, too; but a request that says one length and brings another would turn its surplus
// into the next request, so that the length that was said is kept to here, whoever is wrong.

namespace yett::upstream {

http1_upload::http1_upload(http::exchange& ex, connection_ptr c, plan const& how)
    : upload{ex},
      connection_{std::move(c)},
      plan_{how}
{
}

task<bool> http1_upload::carry_part()
{
    auto const part = co_await next_part();
    if (!part) co_return false;
    if (plan_.tunnel) co_return co_await carry_through(part->data);
    if (plan_.chunked) co_return co_await carry_chunk(part->data);
    co_return co_await carry_piece(part->data);
}

// Trailers are dropped: HTTP/1.1 lets us (RFC 9110 section 6.5.1).
task<bool> http1_upload::carry_chunk(std::string_view bytes)
{
    if (bytes.empty()) {
        pieces const end{http::last_chunk};
        auto const sent = co_await send(end);
        if (sent) finish();
        co_return false;
    }
    http::chunk_line_buffer line;
    pieces const framed{http::chunk_line(bytes.size(), line), bytes, http::chunk_end};
    co_return co_await send(framed);
}

task<bool> http1_upload::carry_piece(std::string_view bytes)
{
    if (bytes.empty() || bytes.size() > plan_.left) {
        fail(our_error(errc::internal, "a body that is not as long as announced"));
        co_return false;
    }
    pieces const all{bytes};
    auto const sent = co_await send(all);
    if (!sent) co_return false;
    plan_.left -= bytes.size();
    if (plan_.left == 0) finish();
    co_return plan_.left > 0;
}

task<bool> http1_upload::carry_through(std::string_view bytes)
{
    if (bytes.empty()) {
        plan_.tunnel->over();
        connection_->finish_sending();
        finish();
        co_return false;
    }
    plan_.tunnel->moved(bytes);
    pieces const all{bytes};
    co_return co_await send(all);
}

// The server's refusal to read on is no failure yet: its reply may say why.
task<bool> http1_upload::send(pieces p)
{
    auto ec = connection_->send_now(p);
    if (!ec && connection_->has_unsent(p)) ec = co_await connection_->send_rest(p, plan_.idle_timeout);
    if (ec && !has_reply()) await_reply();
    co_return !ec && !connection_->has_unsent(p);
}

} // namespace yett::upstream
