#include "gateway/net/http2/http2_output.hpp"

#include "gateway/net/client_connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <utility>

// Two texts: one that is gathered, and one that a slow client is being sent, which must stay where it is. What does not go
// at once is poured by a coroutine of its own, and whoever waits for room in the windows is told by the engine as it gathers.
//
// A client that takes nothing of what is poured keeps the connection for `body_idle_timeout`. That its streams wait for windows
// is not seen here: each of them has a deadline of its own.

namespace yett::net {
namespace {

// What is gathered before it is sent; a frame more may come.
constexpr std::size_t enough = 32 * 1024;

} // namespace

// Lets go of whoever waits when the worker ends before the pouring does.
class http2_output::let_go
{
public:
    explicit let_go(http2_output& of) noexcept : of_{of} {}
    ~let_go()
    {
        if (of_.pouring_) of_.ended_.drop();
    }
    let_go(let_go const&) = delete;
    let_go& operator=(let_go const&) = delete;

private:
    http2_output& of_;
};

http2_output::http2_output(client_connection& home, http2::engine& engine)
    : home_{home},
      engine_{engine},
      late_{[this] { look(); }}
{
}

// True when there may be more.
bool http2_output::gather()
{
    return gathered_.size() >= enough || engine_.gather(gathered_, enough);
}

void http2_output::push()
{
    if (failed_) return;
    while (gather() && gathered_.size() >= enough && !pouring_)
        if (!send_now()) return;
    if (!gathered_.empty()) flush_later();
}

void http2_output::flush()
{
    if (failed_) return;
    for (auto more = true; more && !failed_;) {
        more = gather();
        if (gathered_.empty() || pouring_ || !send_now()) return;
    }
}

// All that was gathered, unless the client has to be waited for.
bool http2_output::send_now()
{
    auto& stream = home_.stream();
    auto const rest = stream.write_now(gathered_);
    if (stream.socket().broken()) {
        failed_ = true;
        gathered_.clear();
        return false;
    }
    gathered_.erase(0, gathered_.size() - rest.size());
    if (gathered_.empty() && stream.settled()) return true;
    start_pouring();
    return false;
}

void http2_output::flush_later()
{
    if (pouring_ || std::exchange(posted_, true)) return;
    boost::asio::post(home_.worker().executor(), [this, home = home_.shared_from_this()] {
        posted_ = false;
        flush();
    });
}

bool http2_output::settled() const noexcept
{
    return failed_ || (!pouring_ && gathered_.empty() && !engine_.has_output());
}

void http2_output::rest() noexcept
{
    if (!gathered_.empty() || pouring_) return;
    gathered_ = {};
    going_ = {};
}

// --- a client that is slow ---------------------------------------------------------------

void http2_output::start_pouring()
{
    pouring_ = true;
    taken_ = home_.stream().socket().bytes_taken();
    moved_at_ = home_.worker().deadlines().now();
    home_.worker().deadlines().arm_after(late_, home_.settings().limits.body_idle_timeout);
    auto ended = [home = home_.shared_from_this()](std::exception_ptr const&) {};
    boost::asio::co_spawn(home_.worker().executor(), pour(), std::move(ended));
}

task<void> http2_output::pour()
{
    let_go const whoever_waits{*this};
    for (auto more = true; more;) {
        going_.clear();
        std::swap(going_, gathered_);
        auto const sent = co_await home_.stream().write(going_);
        failed_ = !sent;
        if (failed_) break;
        gather();
        more = !gathered_.empty();
    }
    late_.disarm();
    pouring_ = false;
    going_ = {};
    if (failed_) home_.stream().socket().interrupt_reading(errc::peer_broke_off);
    ended_.wake_later(home_.worker().executor());
}

task<void> http2_output::drained()
{
    while (pouring_) co_await ended_.wait();
}

// What the client's side has acknowledged was taken by it.
void http2_output::look()
{
    auto& socket = home_.stream().socket();
    auto const& patience = home_.settings().limits.body_idle_timeout;
    auto const now = home_.worker().deadlines().now();
    auto const taken = socket.bytes_taken();
    if (std::exchange(taken_, taken) != taken) moved_at_ = now;
    if (now - moved_at_ < patience) return home_.worker().deadlines().arm_after(late_, patience);
    home_.worker().figures().clients_given_up[telemetry::given_up::slow_reader].add();
    socket.interrupt_writing(errc::timed_out);
}

} // namespace yett::net
