#pragma once

#include "gateway/base/result.hpp"

#include <string>
#include <string_view>

namespace yett::policies {

// The host of a rule: an exact name or address, "*.example.com" for one or more labels
// in front of a name, or nothing for every host.
class host_pattern
{
public:
    enum class kind
    {
        any,
        exact,
        below, // "*.name"
    };

    // Case is folded and a trailing dot dropped. Fails with bad_request whose note tells
    // the operator what is wrong.
    static result<host_pattern> from(std::string_view text);

    bool matches(std::string_view host) const noexcept; // lower case, without port

    kind is() const noexcept { return kind_; }
    // The name in lower case, without "*."; empty for any.
    std::string const& name() const noexcept { return name_; }

private:
    std::string name_;
    kind kind_ = kind::any;
};

} // namespace yett::policies
