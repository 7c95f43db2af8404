#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yett::upstream {

// The application knows itself by another address than its clients do: at its own address it speaks
// http where they speak https, or under the Host it was told. Where it points to itself, clients have to be
// pointed to the address they asked.
class location_mapping
{
public:
    struct address
    {
        std::string_view scheme; // "http" or "https"
        std::string_view host;   // with its port, where it has one
    };
    // `server` is where the application was reached, `told` the Host it was told, `asked` what
    // the client asked for. All of them outlive the mapping.
    location_mapping(address server, std::string_view told, address asked) noexcept
        : server_{server},
          told_{told},
          asked_{asked}
    {
    }

    // A Location or Content-Location for the client; nothing when it stays as it is: relative,
    // "//other", of another scheme or server, or the client's own already.
    std::optional<std::string> mapped(std::string_view location) const;

private:
    address server_;
    std::string_view told_;
    address asked_;
};

} // namespace yett::upstream
