#pragma once

#include "gateway/accounts/ports/link.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/pipeline/call/form.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "policies/spec.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace yett::pipeline {

// What the program does differently for some endpoints.
//
// Who adds an endpoint says which of them hold for it; what follows is not repeated in its row.
enum class trait : std::uint16_t
{
    tries_secrets = 1 << 0,       // a password or token is tried: whatever is wrong with an attempt, it was one
    names_account = 1 << 1,       // the body names the account it is about, for limits that count by it
    knows_devices = 1 << 2,       // a device that the account knows has limits of its own
    hands_out_tokens = 1 << 3,    // errors are told as RFC 6749 section 5.2 has them, too
    serves_other_sites = 1 << 4,  // pages of `accounts.cors` may use its cookies: it acts on the session alone
    needs_login = 1 << 5,         // there are its page and its form where people log in at ours
    needs_links = 1 << 6,         // and where letters can carry links
    serves_error_pages = 1 << 7,  // it is there even without pages: what error pages load
    is_well_known = 1 << 8,       // its path is a whole one (RFC 8615), and not below the prefixes
    claims_its_path = 1 << 9,     // of those: other methods do not fall through to the application
    is_there_with_pages = 1 << 10 // of those: without pages the application may have its own
};

// Several of them, in the table's words: `tries_secrets | names_account`.
//
// Bits, so that a row costs two bytes and a question one instruction.
class traits
{
public:
    constexpr traits() = default;
    constexpr traits(trait one) noexcept : bits_{static_cast<std::uint16_t>(one)} {}

    constexpr bool has(trait one) const noexcept { return (bits_ & static_cast<std::uint16_t>(one)) != 0; }
    friend constexpr traits operator|(traits a, traits b) noexcept
    {
        a.bits_ = static_cast<std::uint16_t>(a.bits_ | b.bits_);
        return a;
    }

private:
    std::uint16_t bits_ = 0;
};

constexpr traits operator|(trait a, trait b) noexcept
{
    return traits{a} | traits{b};
}

// One thing that Yett answers itself. Whatever sets it apart from its neighbours is said in its
// row, so that whoever adds one reads no other table, and nothing asks for its name.
struct endpoint
{
    // Whom the row lets in, in the words of rules: endpoints are let in by rules like everything
    // else.
    using access = policies::access_spec::kind;

    std::string_view name;                                   // the target of the rules that lead here; one row has it
    std::string_view method{};                               // empty: any
    std::string_view path{};                                 // below each prefix
    access allows = access::public_;                         // whom
    std::optional<seconds> recent_login{};                   // logged in at most so long ago
    std::array<std::string_view, 3> limits{};                // by name, spent in this order; empty: none further
    handler answer = nullptr;                                // null: only people come here
    handler page = nullptr;                                  // for browsers that want one, instead of `answer`
    struct form const* form = nullptr;                       // that `page` shows; without a page, that is sent here
    std::optional<accounts::link_purpose> link{};            // of the mailed link that leads here
    std::optional<telemetry::account_operation> operation{}; // it is counted as; absent: as none
    class traits traits
    {
    };

    // What is asked of a row is asked by these and never by its name.
    bool is(trait one) const noexcept { return traits.has(one); }
    bool is_page_only() const noexcept { return !answer; }
    // Whether it is the one for all paths and methods below a prefix that are nobody's.
    bool takes_what_is_left() const noexcept { return method.empty(); }
};

// Every endpoint there is; a new one adds its row.
std::span<endpoint const> endpoints() noexcept;
// The one that a rule has as its target; null when there is none.
endpoint const* endpoint_named(std::string_view name) noexcept;

} // namespace yett::pipeline
