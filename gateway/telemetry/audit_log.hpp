#pragma once

#include "gateway/telemetry/line.hpp"
#include "gateway/telemetry/log_sink.hpp"

#include <mutex>

namespace yett::telemetry {

// What happens to accounts and sessions. The written names (user.registered) are stable:
// people search and alert by them.
enum class audit_event : unsigned char
{
    user_registered,
    user_verified,
    user_changed,             // roles, disabled, by an administrator or by the user
    login_succeeded,
    login_failed,
    login_limited,
    token_refreshed,
    refresh_reused,           // a rotated token came again: the session was ended
    logout,
    logout_everywhere,
    session_ended,
    password_reset_requested,
    password_reset,
    password_changed,
    key_rotated,
    configuration_reloaded,
    configuration_refused,
};

std::string_view name_of(audit_event e) noexcept;

struct audit_record
{
    wall_time at{};
    audit_event event{};
    std::string_view user_id;
    std::string_view email;          // written masked
    std::string_view session;
    std::string_view client_ip;
    std::string_view request_id;
    std::string_view user_agent;
    std::string_view reason;         // a code: invalid_credentials, email_not_verified
};

// a***@example.com: enough to recognise one's own address, too little to collect them.
std::string mask_email(std::string_view address);

// Shared by all threads; such events are rare beside requests.
class audit_log
{
public:
    audit_log() = default;           // writes nothing
    audit_log(log_sink& to, line_format format);

    void write(audit_record const& r);

private:
    std::mutex mutex_;
    log_sink* sink_ = nullptr;
    log_ring* ring_ = nullptr;
    line line_{line_format::json};
};

} // namespace yett::telemetry
