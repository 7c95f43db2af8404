#pragma once

#include "gateway/telemetry/line.hpp"
#include "gateway/telemetry/log_sink.hpp"

#include <mutex>

namespace yett::telemetry {

// What happened to an account, a session or the program. There is no place for a secret in it.
struct audit_record
{
    wall_time at{};
    std::string_view event{}; // a stable name that people search and alert by: user.registered, login.failed
    std::string_view user_id{};
    std::string_view session{};
    std::string_view key{}; // the id of an API key
    std::string_view client_ip{};
    std::string_view by{};     // an operator: "uid 0"
    std::string_view reason{}; // a code: invalid_credentials, email_not_verified
};

// Shared by all threads; such events are rare beside requests.
class audit_log
{
public:
    audit_log() = default; // writes nothing
    audit_log(log_sink& to, line_format format);

    // One line, under the mutex: lines of several threads do not mix.
    void write(audit_record const& r);

private:
    std::mutex mutex_;
    log_sink* sink_ = nullptr;
    log_ring* ring_ = nullptr;
    line line_{line_format::json};
};

} // namespace yett::telemetry
