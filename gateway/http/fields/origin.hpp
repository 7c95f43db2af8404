#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::http {

// Where a page comes from (RFC 6454), as browsers write it into Origin. The views point into
// what was read.
struct web_origin
{
    std::string_view scheme; // lower case
    std::string_view host;   // as sent; IPv6 with its brackets
    std::uint16_t port = 0;  // that of the scheme where none is written; 0: the scheme has none
};

// "https://app.example", "http://[::1]:4080", "capacitor://localhost". Nothing for `null`,
// `file://`, several origins, and whatever else names no host.
std::optional<web_origin> parse_origin(std::string_view text) noexcept;

// The origin of what is asked for: the Host of a request, which came by TLS or not.
std::optional<web_origin> origin_of(std::string_view host, bool https) noexcept;

// Scheme, host and port, hosts as in `same_server`.
bool same_origin(web_origin const& a, web_origin const& b) noexcept;

// Origins that an operator allows by name. Beside origins there may be words that say little
// of who sends the request: `*`, `null` and `file://`.
class origin_list
{
public:
    origin_list() = default;
    explicit origin_list(std::span<std::string const> allowed);

    // Whether an origin is allowed, and by what.
    enum class admission : unsigned char
    {
        none,
        openly,  // by one of the three words alone, which anybody can bring about
        by_name, // exactly this origin is listed
    };
    // `field` is the value of Origin.
    admission judge(std::string_view field) const noexcept;

    bool empty() const noexcept { return named_.empty() && !all_ && !null_ && !file_; }
    bool has_all() const noexcept { return all_; }

private:
    // An origin that was listed, with copies of its texts.
    struct name
    {
        std::string scheme;
        std::string host;
        std::uint16_t port;
    };
    std::vector<name> named_;
    bool all_ = false;
    bool null_ = false;
    bool file_ = false;
};

} // namespace yett::http
