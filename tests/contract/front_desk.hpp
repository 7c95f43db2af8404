#pragma once

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/passwords/password.hpp"
#include "gateway/accounts/passwords/refusal.hpp"
#include "gateway/accounts/sessions/login.hpp"
#include "gateway/accounts/users/register.hpp"
#include "gateway/tokens/revocations.hpp"
#include "gateway/tokens/signer.hpp"
#include "tests/contract/adapters.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace yett::tests {

// Keeps what it is told as "name reason user session".
class written_audit final : public accounts::audit_sink
{
public:
    void record(accounts::audit_event const& event) noexcept override;
    std::string last() const { return lines_.empty() ? "" : lines_.back(); }
    int count(std::string_view name) const;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

// Everything the use cases work with, on one store, with hashes that cost next to nothing.
struct front_desk
{
    explicit front_desk(opened const& on);

    opened const& store;
    accounts::passwords passwords;
    tokens::signer signer;
    tokens::revocations revocations;
    written_audit audit;
    accounts::account_services services;

    // A verified user with this password.
    std::string add_user(std::string const& email, std::string const& password);
    result<accounts::grant> log_in(std::string const& email, std::string const& password, wall_time now = noon);
    // Letters that wait, oldest first, as a mail worker gets them; each comes once.
    std::vector<accounts::letter> take_letters();
    // The last of them of that kind; it must be there.
    accounts::letter take_letter(accounts::letter_kind kind);
    // Whether an access token of the session would be refused.
    bool is_dead(std::string const& session, wall_time now = noon) const;
};

accounts::hashing_rules cheap_hashing();

// The grant of a login that asks for nothing more; fails the test where it does.
result<accounts::grant> granted(result<accounts::login_outcome> outcome);

inline constexpr auto good_password = "correct horse battery staple";

// Runs a test on a front desk over each adapter.
template<class Test>
void on_every_desk(Test const& test)
{
    on_every_store([&](opened const& store) {
        front_desk desk{store};
        test(desk);
    });
}

} // namespace yett::tests
