#pragma once

#include "gateway/upstream/headers/field_sink.hpp"

#include <string>
#include <string_view>

namespace yett::upstream {

struct composition;

// The Host that a client asked for, in its one spelling, with the port it named.
class asked_host
{
public:
    explicit asked_host(composition const& c) noexcept;

    bool is_named() const noexcept { return !name_.empty(); } // HTTP/1.0 may name none
    std::string_view name() const noexcept { return name_; }
    void append_to(std::string& out) const;
    std::string_view port() const noexcept { return port_; } // empty when it named none

private:
    std::string_view name_;
    std::string_view port_;
};

// Writes what the application is told of the way a request came: Via, X-Forwarded-For, -Proto,
// -Host and -Port, X-Real-IP, Forwarded (RFC 7239), X-Request-Id and the trace. Both families
// come from one result; `forwarded` says that X-Forwarded-* are not what trusted proxies write.
template<field_sink Sink>
void write_forwarding_fields(Sink& to, composition const& c, asked_host const& host, bool forwarded);

} // namespace yett::upstream
