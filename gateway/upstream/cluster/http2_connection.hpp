#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http2/engine.hpp"
#include "gateway/upstream/cluster/connection.hpp"
#include "gateway/upstream/cluster/dependencies.hpp"
#include "gateway/upstream/cluster/liveness.hpp"
#include "gateway/upstream/cluster/options.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace yett::upstream {

class http2_connections;

// A connection over which HTTP/2 is spoken: many requests at a time, each with a place, and what they say and are
// told goes through one `http2::engine`. This is the I/O around it, its deadlines, and what requests have to know of
// their common end.
//
// A place is taken before a stream is opened and given back after its end, so that there are never more streams
// than the server allows.
class http2_connection final : public boost::intrusive_ref_counter<http2_connection, boost::thread_unsafe_counter>,
                               private http2::engine_events
{
public:
    using ending = connection::ending;

    // Whoever has a stream on it.
    class guest : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>
    {
    public:
        // It has ended, and all streams with it. To be noted; whoever waits is woken from the event loop.
        virtual void connection_ended() noexcept = 0;
        // Destroys whoever waits, when the worker ends without waiting for anybody.
        virtual void drop_waiters() noexcept = 0;

    protected:
        ~guest() = default;
    };

    // `home` is told what becomes of it, and outlives it or says that it goes.
    http2_connection(connection_ptr over, http2_connections& home, pool_options const& options, dependencies const& around);
    ~http2_connection();
    http2_connection(http2_connection const&) = delete;
    http2_connection& operator=(http2_connection const&) = delete;

    // Waits for the server's first word (RFC 9113 section 3.4): what it allows is known then, and that it speaks HTTP/2.
    // Fails with upstream_timeout or upstream_unavailable, and a note; nothing was sent that counts.
    task<result<void>> introduce(milliseconds timeout);
    // From now on it reads whatever comes, in a coroutine of its own, until it ends.
    void start();

    // --- places

    // How many more requests it takes; none when it is about to end.
    std::size_t room() const noexcept;
    void take_place();
    void give_place(shares::holding* of);
    bool is_idle() const noexcept { return places_.taken == 0; }
    // It takes no further requests, and ends when those that it has are over.
    void retire();
    void leave_home() noexcept { home_ = nullptr; }

    // --- streams

    http2::engine& engine() noexcept { return engine_; }
    // Begins a request; the stream goes with `g`. Fails, retryable, when the server does not take it any more.
    result<void> open(guest& g, http2::stream& s, std::span<http::field const> fields, bool ends);
    bool has_served() const noexcept { return places_.served > 0; }
    // Sends what is ready, as far as that goes at once; the rest by itself.
    void flush();
    // A request was in vain for so long: whether the connection still lives is asked where it was as silent.
    void doubt(milliseconds waited);
    // How it ended; `none`: it has not.
    ending how_it_ended() const noexcept { return ended_; }
    // Why, where there is more to say.
    std::string_view trouble() const noexcept { return trouble_; }
    // How the server is reached, as a URL says it.
    std::string_view scheme() const noexcept { return connection_->protocol().empty() ? "http" : "https"; }

    yett::executor const& executor() const noexcept { return around_.executor; }

    // Ends it for all. Only the first reason counts.
    void end(ending why);
    void abandon() noexcept;

private:
    class reading; // the coroutine's hold on it

    static task<void> read(boost::intrusive_ptr<http2_connection> self);
    static task<void> write_rest(boost::intrusive_ptr<http2_connection> self, pieces rest);
    void rest();
    void take_leave();
    void hear();
    void say_goodbye();
    bool take_in(std::span<char> bytes);
    void watch();
    void look_after(milliseconds so_long);
    error not_introduced() const;

    struct condition
    {
        bool settled = false; // the server's first word was heard
        bool retired = false;
        bool receiving = false;
        bool writing = false;
    };

    // --- engine_events
    void on_settings() override { is_.settled = true; }
    void on_goaway(http2::stream_id, http2::error_code) override { is_.retired = true; }

    connection_ptr connection_;
    http2_connections* home_;
    pool_options const options_;
    dependencies const around_;
    http2::engine engine_;
    liveness life_;
    base::deadlines::entry idle_;  // while it has no request
    base::deadlines::entry watch_; // over its silence, while it has
    boost::intrusive::list<guest, boost::intrusive::constant_time_size<false>> guests_;
    std::string output_;
    std::string trouble_;
    struct
    {
        std::size_t taken = 0;
        std::uint64_t served = 0; // by streams that were opened
    } places_;
    ending ended_ = ending::none;
    condition is_;
};

using http2_connection_ptr = boost::intrusive_ptr<http2_connection>;

} // namespace yett::upstream
