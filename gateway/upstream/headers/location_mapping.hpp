#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yett::rewriting {
class prefix_change;
} // namespace yett::rewriting

namespace yett::upstream {

// The application knows itself by another address than its clients do: at its own address it speaks
// http where they speak https, or under the Host it was told. Where it points to itself, clients have to be
// pointed to the address they asked. What a rule changed of paths is undone there, and where the
// application names a path alone.
class location_mapping
{
public:
    struct address
    {
        std::string_view scheme; // "http" or "https"
        std::string_view host;   // with its port, where it has one
    };
    // `server` is where the application was reached, `told` the Host it was told, `asked` what
    // the client asked for. All of them outlive the mapping, and so do the prefixes; null: paths stay.
    location_mapping(address server, std::string_view told, address asked,
                     rewriting::prefix_change const* prefixes = nullptr) noexcept
        : server_{server},
          told_{told},
          asked_{asked},
          prefixes_{prefixes}
    {
    }

    // A Location or Content-Location for the client; nothing when it stays as it is: relative to
    // what was asked for, "//other", of another scheme or server, or the client's own already.
    std::optional<std::string> mapped(std::string_view location) const;

private:
    // An address with a host in it, taken apart.
    struct named;

    std::optional<std::string> path_undone(std::string_view path) const;
    bool is_of_application(named const& location) const;

    address server_;
    std::string_view told_;
    address asked_;
    rewriting::prefix_change const* prefixes_;
};

} // namespace yett::upstream
