#pragma once

#include "gateway/accounts/ports/outbox.hpp"
#include "gateway/mail/mail_transport.hpp"
#include "gateway/mail/retry_policy.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>

namespace yett::mail {

struct mail_worker_options
{
    mail::retry_policy retry_policy;
    milliseconds lease{75'000}; // longer than the transport takes at most
    milliseconds poll{1'000};   // how often an idle mail worker looks into the outbox
    milliseconds keep_marks{7 * 24 * 3'600'000};
    std::function<wall_time()> now{wall_now}; // the outbox's
};

// What a scrape shows. Read from any thread.
struct mail_worker_figures
{
    template<class Count, auto Last>
    using by = std::array<std::atomic<Count>, static_cast<std::size_t>(Last)>;

    by<std::uint64_t, accounts::letter_kind::count_> waiting{}; // in the outbox, as of the last look
    by<std::uint64_t, accounts::letter_kind::count_> sent{};
    by<std::uint64_t, accounts::letter_kind::count_> given_up{};
    by<std::uint64_t, delivery_error::kind::count_> setbacks{}; // attempts that failed
    std::atomic<std::int64_t> oldest{0};                        // posted_at in ms since 1970; 0: nothing waits
};

} // namespace yett::mail
