#include "gateway/telemetry/log_sink.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace yett::telemetry {
namespace {

constexpr milliseconds gathering{5};     // how long lines wait for company
constexpr milliseconds last_words{1000}; // how long the end waits for a stuck reader

std::error_code last_error()
{
    return {errno, std::system_category()};
}

int open_or_create(std::string const& path)
{
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

// Its folder is made if it is not there: at the first start, and when somebody cleaned up.
int open_file(std::string const& path)
{
    auto const fd = open_or_create(path);
    if (fd >= 0 || errno != ENOENT) return fd;
    std::error_code failed;
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path(), failed);
    return open_or_create(path);
}

// A pipe is opened once more without blocking, so that a reader who stopped reading cannot
// hold up the end of the program. The flag must not be set on the descriptor we were
// given: whoever else holds it would see it too.
int open_standard(int fd)
{
    struct stat is
    {
    };
    if (::fstat(fd, &is) == 0 && S_ISFIFO(is.st_mode)) {
        auto const path = "/proc/self/fd/" + std::to_string(fd);
        auto const own = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (own >= 0) return own;
    }
    return ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

int open_target(std::string const& target)
{
    if (target == "stdout") return open_standard(STDOUT_FILENO);
    if (target == "stderr") return open_standard(STDERR_FILENO);
    return open_file(target);
}

} // namespace

// --- ring ----------------------------------------------------------------------------

log_ring::log_ring(std::string stream, std::size_t capacity)
    : stream_{std::move(stream)},
      capacity_{std::bit_ceil(capacity)},
      bytes_{new char[capacity_]}
{
}

bool log_ring::push(std::string_view line) noexcept
{
    auto const tail = tail_.load(std::memory_order_relaxed);
    auto const used = tail - head_.load(std::memory_order_acquire);
    if (line.size() > capacity_ - used) {
        dropped_.add();
        return false;
    }
    auto const at = tail & (capacity_ - 1);
    auto const first = std::min(line.size(), capacity_ - at);
    std::memcpy(bytes_.get() + at, line.data(), first);
    std::memcpy(bytes_.get(), line.data() + first, line.size() - first);
    // In one total order with `log_sink::idle_`: either the sink sees these bytes before it
    // goes to sleep, or `wake` sees that it sleeps.
    tail_.store(tail + line.size());
    return true;
}

void log_ring::take(std::string& out)
{
    auto const head = head_.load(std::memory_order_relaxed);
    auto const size = tail_.load(std::memory_order_acquire) - head;
    auto const at = head & (capacity_ - 1);
    auto const first = std::min(size, capacity_ - at);
    out.append(bytes_.get() + at, first);
    out.append(bytes_.get(), size - first);
    head_.store(head + size, std::memory_order_release);
}

// --- sink ----------------------------------------------------------------------------

result<std::unique_ptr<log_sink>> log_sink::open(std::string const& target)
{
    auto const fd = open_target(target);
    if (fd < 0) return our_error(errc::internal, "cannot open the log " + target, last_error());
    return std::unique_ptr<log_sink>{new log_sink{target, fd}};
}

log_sink::log_sink(std::string target, int fd)
    : target_{std::move(target)},
      fd_{fd},
      terminal_{::isatty(fd) == 1},
      writer_{[this] { serve(); }}
{
}

log_sink::~log_sink()
{
    stopping_.store(true);
    rouse();
    writer_.join();
    adopt_reopened();
    ::close(fd_);
}

log_ring& log_sink::add(std::string stream, std::size_t capacity)
{
    std::scoped_lock const lock{mutex_};
    return *rings_.emplace_back(std::make_unique<log_ring>(std::move(stream), capacity));
}

void log_sink::wake() noexcept
{
    if (idle_.load()) rouse();
}

void log_sink::rouse() noexcept
{
    idle_.store(false);
    idle_.notify_one();
}

result<void> log_sink::reopen()
{
    if (target_ == "stdout" || target_ == "stderr") return {};
    auto const fresh = open_file(target_);
    if (fresh < 0) return our_error(errc::internal, "cannot reopen the log " + target_, last_error());
    auto const unused = reopened_.exchange(fresh);
    if (unused >= 0) ::close(unused);
    rouse();
    return {};
}

void log_sink::flush()
{
    // The round under way may have passed a ring already; the one after it has not.
    auto const enough = rounds_.load() + 2;
    for (auto done = rounds_.load(); done < enough; done = rounds_.load()) {
        wanted_.store(enough);
        rouse();
        rounds_.wait(done);
    }
}

std::vector<std::pair<std::string, std::uint64_t>> log_sink::dropped() const
{
    std::scoped_lock const lock{mutex_};
    std::vector<std::pair<std::string, std::uint64_t>> all{{"unwritten", unwritten_.value()}};
    for (auto const& ring : rings_) {
        auto const same = [&](auto const& known) { return known.first == ring->stream(); };
        auto const known = std::find_if(all.begin(), all.end(), same);
        if (known != all.end()) known->second += ring->dropped();
        else all.emplace_back(ring->stream(), ring->dropped());
    }
    return all;
}

void log_sink::adopt_reopened() noexcept
{
    auto const fresh = reopened_.exchange(-1);
    if (fresh < 0) return;
    ::close(std::exchange(fd_, fresh));
}

// Fills the batch; false when no ring has anything.
bool log_sink::gather()
{
    std::scoped_lock const lock{mutex_};
    for (auto const& ring : rings_) ring->take(batch_);
    return !batch_.empty();
}

bool log_sink::wait_until_writable() const noexcept
{
    pollfd ready{fd_, POLLOUT, 0};
    auto const give_up = steady_now() + last_words;
    while (::poll(&ready, 1, 100) == 0) {
        if (stopping_.load() && steady_now() > give_up) return false;
    }
    return true;
}

void log_sink::write_batch() noexcept
{
    std::string_view left = batch_;
    while (!left.empty()) {
        auto const written = ::write(fd_, left.data(), left.size());
        if (written >= 0) {
            left.remove_prefix(static_cast<std::size_t>(written));
            continue;
        }
        if (errno == EINTR) continue;
        if (errno == EAGAIN && wait_until_writable()) continue;
        unwritten_.add(static_cast<std::uint64_t>(std::count(left.begin(), left.end(), '\n')));
        break;
    }
    batch_.clear();
}

// Asked after `idle_` says that the writer sleeps: what arrives later rouses it.
bool log_sink::has_work() const
{
    if (stopping_.load() || reopened_.load() >= 0 || rounds_.load() < wanted_.load()) return true;
    std::scoped_lock const lock{mutex_};
    return std::any_of(rings_.begin(), rings_.end(), [](auto const& ring) { return !ring->empty(); });
}

void log_sink::serve() noexcept
{
    ::pthread_setname_np(::pthread_self(), "yett-log");
    for (;;) {
        auto const last = stopping_.load();
        adopt_reopened();
        if (gather()) write_batch();
        rounds_.fetch_add(1);
        rounds_.notify_all();
        if (last) return;

        idle_.store(true);
        if (!has_work()) idle_.wait(true);
        idle_.store(false);
        if (!stopping_.load()) std::this_thread::sleep_for(gathering);
    }
}

} // namespace yett::telemetry
