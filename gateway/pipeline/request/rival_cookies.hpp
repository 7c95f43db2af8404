#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::accounts {
struct account_services;
} // namespace yett::accounts
namespace yett::http {
class head;
} // namespace yett::http
namespace yett::tokens {
class token_cache;
} // namespace yett::tokens

namespace yett::pipeline {

struct auth_transport;
struct request_context;

// A browser may bring several cookies of one of our names: that of a neighbouring site of the
// same domain, or one of a time when `accounts.cookie.domain` was another. Whoever gets there
// cannot leave by themselves, so the one that proves something counts.

// So many different values are looked at; a browser never gets there.
inline constexpr std::size_t most_rivals = 8;

// What is known of one of several cookies of one name.
struct rival
{
    bool verifies = false;
    bool may_serve = false; // it verifies nothing, but what comes of it alone is worth knowing
    std::string session{};  // of one that verifies; empty: of none of ours
    int rank = 0;           // of one session's the higher goes first,
    wall_time until{};      // and then the one that is good for longer
};

struct choice
{
    std::size_t index = 0; // of the one that counts
    bool verifies = false; // otherwise none did, and it is judged as if it had come alone
};

// The best of those that verify. Fails with credentials_disagree when two that verify name
// different sessions: nothing says which of them the person at the browser means.
result<choice> choose(std::span<rival const> all);

// A token, and how long it is good; unset when none of those offered verifies.
struct chosen_token
{
    std::string_view text;
    std::optional<wall_time> until{};
};
// Of access tokens; there is one at least. They are looked at at the expense of the request's client; where one of them
// could not be, none is chosen, since it may be the one that disagrees: that fails with rate_limited.
result<chosen_token> choose_access(std::vector<std::string_view> const& offered, tokens::token_cache& cache,
                                   request_context const& context);

// Of refresh tokens, of which none is spent. Fails as the store does, too.
task<result<chosen_token>> choose_refresh(accounts::account_services const& services, std::vector<std::string_view> offered,
                                          wall_time now);

// The refresh token that a browser brings; empty when it brings none. What is to become of the
// others is left in the context. Fails like choose_refresh.
task<result<std::string_view>> refresh_cookie_of(http::head const& head, auth_transport const& ways,
                                                 accounts::account_services const& services, request_context& context);

} // namespace yett::pipeline
