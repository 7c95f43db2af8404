#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"

#include <string>
#include <string_view>

namespace yett::accounts {

struct account_services;

// What exchanging a refresh token would come to.
enum class refresh_state : unsigned char
{
    unknown,  // nobody's, or its session is over
    spent,    // exchanging it would end the session, see refresh.hpp
    replayed, // the directly previous one, inside the grace
    current,
};

struct refresh_state_found
{
    // As of the moment of looking: another request may exchange the token right after.
    refresh_state is = refresh_state::unknown;
    std::string session; // of all but unknown
    wall_time until{};   // when the session ends, unless it is used again
};

// Looks a refresh token up by its hash and spends nothing: for whoever was shown several and
// has to choose. Fails as the store does.
task<result<refresh_state_found>> refresh_state_of(account_services const& services, std::string_view token, wall_time now);

} // namespace yett::accounts
