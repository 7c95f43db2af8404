#pragma once

#include "gateway/base/identity.hpp"
#include "policies/certificate_pattern.hpp"
#include "policies/question.hpp"
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
    optional, // look, and go on without when there are none: some can do without
    required,
};

// Who may pass, ready to be asked: names are folded and sorted once so that a question
// costs no allocation. Where a request comes from, and which certificate its client showed, are
// conditions like any other, and those that somebody without an identity can meet.
class access
{
public:
    // From the kindest to the harshest.
    enum class verdict : std::uint8_t
    {
        granted,
        login_too_old,   // a new login would be granted
        unauthenticated, // nobody was proved, and somebody may be granted
        forbidden,
    };

    // The spec must have passed `compile`.
    explicit access(access_spec const& spec);

    credential_use credentials() const noexcept { return credentials_; }
    // Null for nobody.
    verdict judge(identity const* who, question const& asked, wall_time now) const noexcept;
    // Whether the verdict changes while time goes by and nothing else.
    bool ages() const noexcept { return !ages_.empty() || asks_for_certificate_; }
    // Of somebody who is granted now: the last moment at which they still are, as far as their
    // login grows old or their certificate ends; nothing when neither matters. Null for nobody.
    std::optional<wall_time> granted_until(identity const* who, question const& asked, wall_time now) const noexcept;
    // Whether a certificate is asked for somewhere, and whether this is one of those that are: it names
    // its holder where no credential does.
    bool asks_for_certificate() const noexcept { return asks_for_certificate_; }
    bool recognises(client_certificate const& shown, wall_time now) const noexcept;
    // Whether everybody is granted, whatever they show and wherever they come from.
    bool is_open() const noexcept { return kind_ == access_spec::kind::public_ || kind_ == access_spec::kind::optional; }
    // What it takes, in words: "one of the roles admin, ops".
    std::string const& wanted() const noexcept { return wanted_; }

private:
    verdict judge_parts(identity const* who, question const& asked, wall_time now) const noexcept;
    verdict judge_alone(identity const* who, question const& asked, wall_time now) const noexcept;
    bool grants(identity const& who) const noexcept;
    bool names(client_certificate const& shown, wall_time now) const noexcept;
    bool is_recent(identity const& who, wall_time now) const noexcept;

    // Folded and sorted when it is made; `judge` allocates nothing.
    access_spec::kind kind_;
    word_set values_;
    word_set domains_; // of "*@domain"
    std::vector<ip_prefix> networks_;
    std::vector<certificate_pattern> certificates_;
    std::vector<access> parts_;
    bool asks_for_certificate_ = false; // here or in a part
    credential_use credentials_;        // of the whole
    std::optional<std::chrono::seconds> recent_login_;
    std::vector<std::chrono::seconds> ages_; // that of this rule and those of its parts, ascending
    std::string wanted_;
};

} // namespace yett::policies
