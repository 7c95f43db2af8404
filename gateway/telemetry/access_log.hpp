#pragma once

#include "gateway/telemetry/line.hpp"
#include "gateway/telemetry/log_sink.hpp"

#include <optional>

namespace yett::telemetry {

// One request as the access log tells it. The pipeline fills it in as it learns things;
// what stays empty is left out of the line. The views need to live until `write` returns.
//
// Names of the fields in the line are those that docs/operations.md lists; they are kept from
// release to release.
struct access_record
{
    wall_time at{}; // when the request's head was complete
    std::string_view request_id{};
    std::string_view client_ip{}; // after trusted proxies were believed
    std::string_view peer_ip{};   // the socket's other end
    std::string_view method{};
    std::string_view host{};
    std::string_view path{};     // normalised; a query is cut off here, a one-time token in it by the caller
    std::string_view protocol{}; // HTTP/1.1
    unsigned status = 0;         // 0: no reply was begun
    std::chrono::nanoseconds duration{};
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::string_view route{}; // the rule that matched
    std::string_view upstream{};
    unsigned upstream_status = 0;
    std::optional<std::chrono::nanoseconds> upstream_duration{}; // to the head of its reply
    std::string_view subject{};
    std::string_view session{};
    std::string_view auth{};        // ok | none | refused
    std::string_view auth_reason{}; // the code that is kept from the client, token_expired say
    std::string_view decision{};    // permitted | refused | limited | report_only
    std::string_view ended{};       // what ended a WebSocket
    std::string_view error{};       // the public code of an error reply
    std::string_view cause{};       // what went wrong with the application, kept from the client
    std::string_view user_agent{};
};

// Writes one line for each request. Belongs to one worker.
class access_log
{
public:
    // Writes nothing and costs a comparison.
    access_log() = default;
    access_log(log_sink& to, line_format format);

    // False when lines go nowhere, so that nobody gathers what a record needs.
    bool on() const noexcept { return ring_ != nullptr; }
    void write(access_record const& r);

private:
    log_sink* sink_ = nullptr;
    log_ring* ring_ = nullptr;
    line line_{line_format::json};
};

} // namespace yett::telemetry
