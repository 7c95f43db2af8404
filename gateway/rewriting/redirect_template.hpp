#pragma once

#include "gateway/base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::http {
class target;
} // namespace yett::http

namespace yett::rewriting {

// Where a rule sends clients: a literal address, in which `{path}` and `{query}` stand for those of the request.
//
// The operator alone chooses the host: what comes of a request stands behind the first single slash behind an
// authority, or behind the first segment's begin where there is none, so that no path can become a host. `{path}` comes
// without its first slash, which is the template's. Behind a '?' both are escaped to be a value and nothing more, but
// for `{query}` alone behind '?' or '&' at the end, which is the whole query, and leaves nothing in front where there is none.
class redirect_template
{
public:
    // Fails with bad_request and a note that goes on behind the text.
    static result<redirect_template> from(std::string_view text);

    std::string address_for(http::target const& asked) const;

private:
    enum class insert : std::uint8_t
    {
        nothing,
        path,
        path_as_value,
        query,
        query_as_value,
    };
    struct piece
    {
        std::string literal;
        insert then = insert::nothing;
    };
    class reader;

    redirect_template() = default;
    static void append(piece const& each, http::target const& asked, std::string& to);

    std::vector<piece> pieces_;
};

} // namespace yett::rewriting
