#pragma once

#include "gateway/base/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace yett {
inline namespace base {

// The coarse timers of one worker: thousands of timeouts that nearly never fire.
//
// A wheel of doubly linked lists. Arming and disarming take constant time, allocate
// nothing and make no system call; moving a deadline to a later time is one store. Owner
// of the wheel calls `tick` about every `step`; a deadline fires at the first tick at or
// after its time, so never early and at most one step (plus the ticker's own delay) late.
// Not thread-safe.
class deadlines
{
public:
    static constexpr milliseconds step{250};

private:
    struct link
    {
        link* before = nullptr; // null when not in a list
        link* after = nullptr;
    };

public:
    // One timeout, a member of whatever it watches. Its destructor disarms it.
    class entry : private link
    {
    public:
        // Called from `tick`, disarmed. It must not throw and not destroy its own entry;
        // it may arm that, and arm or destroy any other.
        explicit entry(std::function<void()> expired) : expired_{std::move(expired)} {}
        ~entry() { disarm(); }
        entry(entry const&) = delete;
        entry& operator=(entry const&) = delete;

        void disarm() noexcept;
        bool armed() const noexcept { return before != nullptr; }

    private:
        friend class deadlines;

        steady_time at_{};
        std::uint64_t slot_ = 0; // the step in whose list it hangs; never after `at_`
        std::function<void()> expired_;
    };

    explicit deadlines(steady_time now) noexcept;
    deadlines(deadlines const&) = delete;
    deadlines& operator=(deadlines const&) = delete;
    ~deadlines(); // leaves the entries disarmed

    // Sets the entry's time, whether or not it had one.
    void arm(entry& e, steady_time at) noexcept;
    // Counts from the last tick, rounded up by a step: never early, and no look at the clock.
    void arm_after(entry& e, milliseconds timeout) noexcept { arm(e, now_ + step + timeout); }

    // Calls whatever is due. `now` never goes back.
    void tick(steady_time now);
    // The time of the last tick.
    steady_time now() const noexcept { return now_; }

private:
    static constexpr std::size_t slots = 512; // 128 s a turn; later ones stay for another turn

    std::uint64_t step_at(steady_time at) const noexcept;
    static void unlink(link& l) noexcept;
    static void push(link& list, link& l) noexcept;
    void hang(entry& e) noexcept;
    void run_due(link& list);

    steady_time const origin_;
    steady_time now_;
    std::uint64_t done_ = 0; // the last step that was run
    std::array<link, slots> wheel_;
};

} // namespace base
} // namespace yett
