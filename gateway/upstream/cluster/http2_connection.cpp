#include "gateway/upstream/cluster/http2_connection.hpp"

#include "gateway/upstream/cluster/http2_connections.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <utility>

// One coroutine reads for all streams (`read`), from the server's first word to the end. Whoever has something to say
// hands it to the engine and calls `flush`, which sends what the socket takes; what it does not take is sent by a
// coroutine of its own (`write_rest`), and meanwhile everybody's words gather in the engine, each stream's within its
// window. Nothing is sent from within the engine's calls: what a read has caused leaves behind it, in one write.
//
// Windows are opened as clients take the bytes. That of the connection is as large as those of all its streams
// together, so that a client who takes nothing stops its own stream and no other.
//
// The first reason to end is the reason. Guests are told, and wake from the event loop; the home forgets it, and its
// pool counts one connection less.

namespace yett::upstream {
namespace {

constexpr std::size_t enough_at_once = 32 * 1024; // to be sent in one write
constexpr std::uint32_t stream_window = 64 * 1024 - 1;

http2::engine_options engine_options_of(pool_options const& o)
{
    http2::engine_options options;
    options.as = http2::engine_options::role::client;
    options.fields = {o.reply_header_bytes, o.reply_fields};
    options.stream_window = stream_window;
    options.connection_window = stream_window * o.http2.streams;
    return options;
}

} // namespace

// Lets go of those who wait on the connection when its coroutine is destroyed before its end.
class http2_connection::reading
{
public:
    explicit reading(http2_connection_ptr of) noexcept : connection_{std::move(of)} {}
    ~reading()
    {
        if (connection_->ended_ == ending::none) connection_->abandon();
    }
    reading(reading const&) = delete;
    reading& operator=(reading const&) = delete;

private:
    http2_connection_ptr connection_;
};

http2_connection::http2_connection(connection_ptr over, http2_connections& home, pool_options const& options,
                                   dependencies const& around)
    : connection_{std::move(over)},
      home_{&home},
      options_{options},
      around_{around},
      engine_{engine_options_of(options), *this},
      life_{options.http2, around.deadlines.now()},
      idle_{[this] { retire(); }},
      watch_{[this] { watch(); }}
{
}

http2_connection::~http2_connection() = default;

task<result<void>> http2_connection::introduce(milliseconds timeout)
{
    connection_->set_read_deadline(timeout);
    flush();
    while (!is_.settled && ended_ == ending::none) {
        if (!connection_->readable()) co_await connection_->wait_readable();
        hear();
    }
    connection_->clear_read_deadline();
    if (ended_ != ending::none) co_return not_introduced();
    co_return result<void>{};
}

error http2_connection::not_introduced() const
{
    if (ended_ == ending::timed_out) return upstream_error(errc::upstream_timeout, "no word of HTTP/2 in time");
    auto const* const what = trouble_.empty() ? "broke off before its first word of HTTP/2" : "does not speak HTTP/2: ";
    return upstream_error(errc::upstream_unavailable, what + trouble_);
}

void http2_connection::start()
{
    if (is_idle()) around_.deadlines.arm_after(idle_, options_.keep_timeout);
    boost::asio::co_spawn(around_.executor, read(http2_connection_ptr{this}), boost::asio::detached);
}

task<void> http2_connection::read(http2_connection_ptr self)
{
    reading const hold{self};
    while (self->ended_ == ending::none) {
        if (!self->connection_->readable()) co_await self->connection_->wait_readable();
        self->hear();
    }
}

// What came goes in, and what that caused goes out, before anything is made of an end.
void http2_connection::hear()
{
    if (ended_ != ending::none) return;
    connection_->mark_read();
    auto const bytes = connection_->unread();
    auto const understood = bytes.empty() || take_in(bytes);
    flush();
    if (!understood) return end(ending::broken);
    if (connection_->unread().empty() && connection_->how_it_ended() != ending::none) return end(connection_->how_it_ended());
    if (engine_.is_over()) return say_goodbye();
    if (is_.retired) retire();
}

// Nothing more can come of it, since the server said so, or was told.
void http2_connection::say_goodbye()
{
    auto const why = engine_.goodbye().value_or(http2::error_code::no_error);
    if (trouble_.empty() && why != http2::error_code::no_error) trouble_ = http2::name_of(why);
    end(ending::closed);
}

bool http2_connection::take_in(std::span<char> bytes)
{
    auto const size = bytes.size();
    auto const now = around_.deadlines.now();
    life_.heard(now);
    is_.receiving = true;
    auto const heard = engine_.receive({bytes.data(), size}, now);
    is_.receiving = false;
    connection_->consume(size);
    if (size >= connection::usual_bytes) connection_->expect_bulk();
    if (!heard) trouble_ = heard.error().note();
    return heard.has_value();
}

std::size_t http2_connection::room() const noexcept
{
    if (is_.retired || ended_ != ending::none || places_.taken >= options_.http2.streams) return 0;
    auto const not_opened = places_.taken - std::min(places_.taken, engine_.open_streams());
    auto const allowed = engine_.may_open();
    return std::min<std::size_t>(options_.http2.streams - places_.taken, allowed - std::min(allowed, not_opened));
}

void http2_connection::take_place()
{
    idle_.disarm();
    if (++places_.taken == 1) look_after(life_.begin_waiting(around_.deadlines.now()));
}

void http2_connection::give_place(shares::holding* of)
{
    --places_.taken;
    if (home_) shares::give_back(of);
    if (is_idle()) rest();
    if (home_) home_->place_was_given_back();
}

// Nothing is kept of an idle one but what it may hear.
void http2_connection::rest()
{
    if (!is_.writing) output_ = {};
    if (ended_ != ending::none) return home_ ? home_->is_left(*this) : void();
    if (is_.retired) return take_leave();
    around_.deadlines.arm_after(idle_, options_.keep_timeout);
}

void http2_connection::retire()
{
    is_.retired = true;
    if (is_idle() && ended_ == ending::none) take_leave();
}

void http2_connection::take_leave()
{
    engine_.terminate(http2::error_code::no_error);
    flush();
    end(ending::shut);
}

result<void> http2_connection::open(guest& g, http2::stream& s, std::span<http::field const> fields, bool ends)
{
    if (ended_ != ending::none) return upstream_error(errc::upstream_unavailable, "the connection has ended").as_retryable();
    auto const begun = engine_.request(s, fields, ends);
    if (!begun) return begun;
    guests_.push_back(g);
    ++places_.served;
    return {};
}

// A failure to send is no end by itself: the read hears of it, and of what the server said before.
void http2_connection::flush()
{
    if (is_.receiving || is_.writing || ended_ != ending::none) return;
    for (;;) {
        output_.clear();
        engine_.gather(output_, enough_at_once);
        if (output_.empty()) break;
        pieces rest{output_};
        if (connection_->send_now(rest)) break;
        if (!connection_->has_unsent(rest)) continue;
        is_.writing = true;
        boost::asio::co_spawn(around_.executor, write_rest(http2_connection_ptr{this}, rest), boost::asio::detached);
        break;
    }
    if (home_) home_->place_came_free();
}

task<void> http2_connection::write_rest(http2_connection_ptr self, pieces rest)
{
    auto const ec = co_await self->connection_->send_rest(rest, self->options_.keep_timeout);
    self->is_.writing = false;
    if (!ec) self->flush();
}

void http2_connection::doubt(milliseconds waited)
{
    if (!life_.doubt(waited, around_.deadlines.now())) return;
    engine_.ping();
    flush();
    watch();
}

void http2_connection::watch()
{
    if (ended_ != ending::none) return;
    auto const next = life_.look(!is_idle(), around_.deadlines.now());
    if (next.is == liveness::step::give_up) return end(ending::timed_out);
    if (next.is == liveness::step::ask) {
        engine_.ping();
        flush();
    }
    look_after(next.again);
}

void http2_connection::look_after(milliseconds so_long)
{
    if (so_long.count() > 0) around_.deadlines.arm_after(watch_, so_long);
}

void http2_connection::end(ending why)
{
    if (std::exchange(ended_, why) != ending::none) return;
    idle_.disarm();
    watch_.disarm();
    http2_connection_ptr const held{this}; // the home may have the last hold on it
    for (auto& each : guests_) each.connection_ended();
    connection_->shut(why == ending::timed_out ? why : ending::shut);
    if (home_) home_->has_ended(*this, connection_);
}

void http2_connection::abandon() noexcept
{
    ended_ = ending::shut;
    idle_.disarm();
    watch_.disarm();
    while (!guests_.empty()) {
        auto& each = guests_.front();
        guests_.pop_front();
        each.drop_waiters();
    }
}

} // namespace yett::upstream
