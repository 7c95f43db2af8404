#pragma once

#include "gateway/base/boot_time.hpp"

#include <atomic>

namespace yett::tokens {

// When all revocations that were acknowledged anywhere were known here. Any thread.
class completeness
{
public:
    // What had been acknowledged by `at` is known now. An earlier moment takes nothing back.
    void reached(boot_time at) noexcept;
    boot_time at() const noexcept { return boot_time{milliseconds{at_.load(std::memory_order_acquire)}}; }

private:
    std::atomic<std::int64_t> at_{0};
};

// For how long nobody minds, and what happens when it cannot be helped.
struct staleness_rules
{
    milliseconds most{5000};
    bool serve_unknown = false; // accept tokens although nobody knows whether they were revoked
};

enum class next_step : unsigned char
{
    go_on,
    catch_up, // read what was revoked, and then ask again
    refuse,
};

// What to do with a token that nothing known here speaks against. `in_vain`: catching up
// was tried and failed.
next_step step_for(boot_time complete_at, boot_time now, staleness_rules const& rules, bool in_vain) noexcept;

} // namespace yett::tokens
