#pragma once

#include "gateway/base/identity.hpp"
#include "policies/spec.hpp"
#include "policies/word_set.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace yett::policies {

// What a rule does with the credentials of a request.
enum class credential_use : std::uint8_t
{
    ignored,  // do not look at them
    optional, // look, and go on without when there are none
    required,
};

// Who may pass, ready to be asked: names are folded and sorted once so that a question
// costs no allocation.
class access
{
public:
    enum class verdict : std::uint8_t
    {
        granted,
        forbidden,
        login_too_old, // a new login would be granted
    };

    // The spec must have passed `compile`.
    explicit access(access_spec const& spec);

    credential_use credentials() const noexcept { return credentials_; }
    // Only for somebody who was proved; without an identity `credentials` is the answer.
    verdict judge(identity const& who, wall_time now) const noexcept;
    // Whether the verdict changes while time goes by and nothing else.
    bool ages() const noexcept { return !ages_.empty(); }
    // Of somebody who is granted now: the last moment at which they still are, as far as their
    // login grows old; nothing when it never is too old.
    std::optional<wall_time> granted_until(identity const& who, wall_time now) const noexcept;
    // What it takes, in words: "one of the roles admin, ops".
    std::string const& wanted() const noexcept { return wanted_; }

private:
    verdict judge_parts(identity const& who, wall_time now) const noexcept;
    bool grants(identity const& who) const noexcept;
    bool is_recent(identity const& who, wall_time now) const noexcept;

    // Folded and sorted when it is made; `judge` allocates nothing.
    access_spec::kind kind_;
    credential_use credentials_;
    word_set values_;
    word_set domains_; // of "*@domain"
    std::vector<access> parts_;
    std::optional<std::chrono::seconds> recent_login_;
    std::vector<std::chrono::seconds> ages_; // that of this rule and those of its parts, ascending
    std::string wanted_;
};

} // namespace yett::policies
