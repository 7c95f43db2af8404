#pragma once

#include "gateway/limits/verifications/verification_budget.hpp"
#include "gateway/tokens/check_budget.hpp"

namespace yett::pipeline {

struct request_context;

// What one credential of a request has us do before anybody knows whether it holds, at the expense of its client's
// network (limits.verifications). Costs nothing until something is taken.
//
//     paid_checks pays{context};
//     auto who = cache.identify(token, now, pays);
//
// Where nothing is left it fails with rate_limited: the credential was not looked at, and may be a good one.
class paid_checks final : public tokens::check_budget
{
public:
    explicit paid_checks(request_context const& context) noexcept : context_{context} {}
    // Goes on with what was taken before.
    paid_checks(request_context const& context, limits::verification_payment const& before) noexcept
        : context_{context},
          paid_{before}
    {
    }

    result<void> take() override;
    void give_back() noexcept override;
    // One for a question that the credential makes us ask; a check of it that was in vain has paid for that, too.
    result<void> take_for_question();

    // For whoever has to wait until they know.
    limits::verification_payment const& paid() const noexcept { return paid_; }

private:
    request_context const& context_;
    limits::verification_payment paid_;
};

// Until something is checked for a stranger from there again; a second at least.
seconds wait_for_check(request_context const& context) noexcept;

// Somebody was proved: their network is no stranger's for a minute.
void note_proved(request_context const& context) noexcept;

} // namespace yett::pipeline
