#include "gateway/upstream/cluster/server_stream.hpp"

#include "gateway/upstream/cluster/server_tls.hpp"

#include <algorithm>
#include <array>
#include <cstring>

// With TLS there are two buffers of what comes in: records in the socket's, and what they say in `clear`.
// Records are decrypted as long as there is room, so that some wait in the first only while the second is
// full, or until whoever has consumed it asks for more (`fill_again`). That is why an end of the socket is no
// end before `dry`: what arrived ahead of it is still to be read. Our own reasons to end (a deadline, the
// client that has gone) hold at once.

namespace yett::upstream {

using transport::pieces;

namespace {

constexpr std::size_t record_bytes = 16384; // RFC 8446 section 5.1

// A head and its body, or a chunk and its frame, make one record where they fit into one.
class record
{
public:
    explicit record(pieces const& of) noexcept
    {
        for (auto const& part : of.parts()) add(part);
    }
    std::string_view text() const noexcept { return text_; }

private:
    void add(std::string_view part) noexcept
    {
        if (text_.empty()) text_ = part.substr(0, record_bytes);
        else if (!part.empty() && text_.size() < record_bytes) append(part);
    }
    void append(std::string_view part) noexcept
    {
        if (text_.data() != room_.data()) std::memcpy(room_.data(), text_.data(), text_.size());
        auto const bytes = std::min(part.size(), record_bytes - text_.size());
        std::memcpy(room_.data() + text_.size(), part.data(), bytes);
        text_ = {room_.data(), text_.size() + bytes};
    }

    std::array<char, record_bytes> room_;
    std::string_view text_;
};

transport::buffer_pool* gathering(server_address const& to)
{
    return to.tls ? &to.tls->records() : nullptr;
}

} // namespace

server_stream::encrypted::encrypted(transport::buffered_socket& over, server_address const& to, std::size_t bytes)
    : engine{over, to.tls->how(), to.server_name},
      clear{bytes}
{
    engine.resume(to.tls->how()->session_with(to.server_name + ' ' + to.text), steady_now());
}

server_stream::server_stream(transport::stream_socket s, server_address const& to, std::size_t bytes)
    : socket_{std::move(s), origin::upstream, bytes, gathering(to)},
      tls_{to.tls ? std::make_unique<encrypted>(socket_, to, bytes) : nullptr}
{
}

std::error_code server_stream::say_first(std::string_view text) noexcept
{
    pieces all{text};
    auto const ec = socket_.write_now(all);
    return ec || all.empty() ? ec : std::make_error_code(std::errc::no_buffer_space);
}

result<bool> server_stream::advance()
{
    auto const done = tls_->engine.advance();
    tls_->open = done && *done;
    return done;
}

void server_stream::resize(std::size_t bytes)
{
    if (tls_) tls_->clear.resize(bytes);
    socket_.memory().resize(bytes);
}

// True when there is something to read that was not there before, or an end.
bool server_stream::decrypt()
{
    auto& t = *tls_;
    auto const before = t.clear.unread().size();
    t.dry = false;
    while (t.end == errc{} && !t.dry && !t.clear.full()) {
        auto const got = t.engine.read_now(t.clear.room());
        t.clear.add(got ? *got : 0);
        t.dry = got && *got == 0;
        if (got) continue;
        t.end = got.error() == errc::peer_closed ? errc::peer_closed : errc::peer_broke_off;
        t.trouble = got.error().note();
    }
    return t.clear.unread().size() > before || t.end != errc{};
}

bool server_stream::decrypt_again()
{
    if (!tls_->open) return socket_.fill_again();
    if (decrypt()) return true;
    return !tls_->clear.full() && socket_.fill_again() && (decrypt() || ended() != errc{});
}

errc server_stream::end_in_tls() const noexcept
{
    if (tls_->end != errc{}) return tls_->end;
    auto const why = socket_.ended();
    auto const by_server = why == errc::peer_closed || why == errc::peer_broke_off;
    if (!by_server) return why;
    return tls_->dry ? errc::peer_broke_off : errc{};
}

std::error_code server_stream::encrypt(pieces& p) noexcept
{
    while (!p.empty() && !socket_.broken()) {
        auto const taken = tls_->engine.put(record{p}.text());
        p.advance(taken);
        // One send for all records that fit into the buffer.
        if (p.empty() || taken == 0) socket_.flush_now();
        if (taken == 0 && socket_.has_output()) break;
    }
    return socket_.broken() ? std::make_error_code(std::errc::broken_pipe) : std::error_code{};
}

task<std::error_code> server_stream::encrypt_some(pieces& p)
{
    auto const ec = co_await socket_.flush_some();
    if (ec) co_return ec;
    co_return encrypt(p);
}

// TLS has its own word for it, behind which the socket's is for those who do not know it.
void server_stream::finish_sending() noexcept
{
    if (tls_) tls_->engine.say_goodbye();
    if (!socket_.has_output()) socket_.finish_sending();
}

void server_stream::close(errc why) noexcept
{
    if (tls_ && socket_.is_open() && !socket_.broken()) tls_->engine.say_goodbye();
    socket_.close(why);
}

} // namespace yett::upstream
