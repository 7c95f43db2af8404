#pragma once

#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/base/result.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace yett::accounts {
struct rules;
} // namespace yett::accounts

namespace yett::management {

// A user as a row of a list: id email roles verified disabled created_at, nothing secret. The
// email of a service account is "service:NAME".
boost::json::object row_of(accounts::user const& u);

// A role is a word of at most 64 visible ASCII characters without a comma, so that it can
// stand in a header; at most 64 of them. `bad_request` names the one that is not.
result<void> check_roles(std::vector<std::string> const& roles);

// The same of somebody who signs in, with an access token that has to fit where it travels.
result<void> check_roles(accounts::rules const& rules, std::string_view email, std::vector<std::string> const& roles);

} // namespace yett::management
