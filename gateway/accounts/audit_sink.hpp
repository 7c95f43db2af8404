#pragma once

#include "gateway/base/clock.hpp"

#include <string_view>

namespace yett::accounts {

// Something about an account that somebody may want to know a year from now. The views
// live until `record` returns. There is no place for a secret in it.
struct audit_event
{
    // By its owner: user_registered, registration_repeated, email_verified, verification_requested,
    // reset_requested, password_reset, login_succeeded, login_failed, password_rehashed, refresh_refused,
    // refresh_reused, logged_out, logged_out_everywhere, session_ended, other_sessions_ended,
    // password_changed, password_change_failed, api_key_created, api_key_removed, address_change_requested,
    // address_changed, address_change_undone, user_deleted, user_deletion_failed.
    // By an operator: user_added, user_disabled, user_enabled, user_deleted, roles_changed, password_set,
    // sessions_ended, users_imported, users_exported, user_invited, service_account_added,
    // address_set, store_recovered.
    std::string_view name;
    wall_time at{};
    std::string_view user_id; // empty when nobody is known
    std::string_view session;
    std::string_view key;    // the id of an API key
    std::string_view client; // address
    std::string_view by;     // an operator: "uid 0"; empty when it was the user
    std::string_view reason; // of a failure: unknown_user, wrong_password, disabled …
};

// Takes audit events from any worker; must not wait and must not throw.
class audit_sink
{
public:
    virtual ~audit_sink() = default;
    virtual void record(audit_event const& event) noexcept = 0;
};

} // namespace yett::accounts
