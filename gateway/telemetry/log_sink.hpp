#pragma once

#include "gateway/base/result.hpp"
#include "gateway/telemetry/figures.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace yett::telemetry {

// Lines of one thread on their way to a sink: a ring of bytes with one writer and one
// reader and no lock. A line that does not fit is dropped and counted; whoever logs never
// waits for a disk or for the reader of a pipe.
class log_ring
{
public:
    // `capacity` is rounded up to a power of two.
    log_ring(std::string stream, std::size_t capacity);

    // Takes a whole line with its newline. False when it was dropped.
    bool push(std::string_view line) noexcept;
    // Moves everything that has arrived to the end of `out`.
    void take(std::string& out);
    bool empty() const noexcept { return head_.load() == tail_.load(); }

    std::string const& stream() const noexcept { return stream_; }
    std::uint64_t dropped() const noexcept { return dropped_.value(); }

private:
    std::string const stream_;
    std::size_t const capacity_;
    std::unique_ptr<char[]> const bytes_;
    counter dropped_;
    alignas(64) std::atomic<std::size_t> head_{0}; // read up to here; the reader's
    alignas(64) std::atomic<std::size_t> tail_{0}; // written up to here; the writer's
};

// One place lines go to, with the thread that writes them there: all that has gathered in
// a few milliseconds leaves in one write.
class log_sink
{
public:
    // `target`: stdout, stderr, or the path of a file that is created (mode 0640, with its
    // folder) or appended to. Whoever uses pipes ignores SIGPIPE.
    static result<std::unique_ptr<log_sink>> open(std::string const& target);
    ~log_sink(); // writes what is left, for at most a second
    log_sink(log_sink const&) = delete;
    log_sink& operator=(log_sink const&) = delete;

    static constexpr std::size_t usual_capacity = 1024 * 1024;

    // A ring of its own for one producing thread; lives as long as the sink. `stream` is
    // how the dropped lines are labelled: access, audit, program.
    log_ring& add(std::string stream, std::size_t capacity = usual_capacity);
    // Says that a ring has something; cheap when the writer knows already. Any thread.
    void wake() noexcept;

    // Opens the file anew after it was moved away (USR1). A failure leaves the old one in use.
    result<void> reopen();
    // Returns once everything pushed before the call was handed to the system.
    void flush();

    bool is_terminal() const noexcept { return terminal_; }
    // Lines lost so far: those that met a full ring, and those in a write that failed.
    std::vector<std::pair<std::string, std::uint64_t>> dropped() const;

private:
    log_sink(std::string target, int fd);
    // The writing thread: gathers what is in the rings, writes it, and sleeps until somebody wakes
    // it.
    void serve() noexcept;
    void rouse() noexcept;
    bool has_work() const;
    bool gather();
    void write_batch() noexcept;
    bool wait_until_writable() const noexcept;
    // Between two writes, so that no line is cut in two files.
    void adopt_reopened() noexcept;

    std::string const target_;
    int fd_;
    bool const terminal_;
    std::atomic<int> reopened_{-1};
    mutable std::mutex mutex_; // for the list of rings, not for their bytes
    std::vector<std::unique_ptr<log_ring>> rings_;
    std::string batch_;
    counter unwritten_;
    std::atomic<bool> idle_{false};
    std::atomic<bool> stopping_{false};
    std::atomic<std::uint64_t> rounds_{0}; // times the writer went over all rings
    std::atomic<std::uint64_t> wanted_{0}; // rounds somebody waits for
    std::thread writer_;
};

} // namespace yett::telemetry
