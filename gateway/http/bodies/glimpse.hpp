#pragma once

#include <string_view>

namespace yett::http {

// What can be told of a request whose head was refused, for the log and for the form of the
// reply. Nothing in it decides who may do what. The views point into the bytes.
struct glimpse
{
    std::string_view method; // empty where the first bytes are no HTTP
    std::string_view path;   // as sent, without query and fragment
    std::string_view host;
    std::string_view accept;
    std::string_view accept_language;
    std::string_view content_type;
    std::string_view sec_fetch_mode;
    std::string_view user_agent;
};

// Takes whatever there is of a head, cut off or malformed as it may be.
glimpse glimpse_of(std::string_view head) noexcept;

// As for a head that was read: true for a browser that navigates.
bool prefers_html(glimpse const& seen) noexcept;

} // namespace yett::http
