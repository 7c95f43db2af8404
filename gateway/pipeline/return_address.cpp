#include "gateway/pipeline/return_address.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/path_spelling.hpp"

#include <algorithm>

namespace yett::pipeline {
namespace {

// The scan refuses a second slash, backslashes, blanks, `;`, double encoding and every
// spelling but the one that the gate forwards.
bool is_path_of_this_site(std::string_view path) noexcept
{
    if (!path.starts_with('/')) return false;
    // An encoded slash may stand in a path. As its first byte it is a second slash to
    // whoever decodes it.
    if (path.starts_with("/%2F")) return false;
    return http::inspect_path(path).how == http::spelling::canonical;
}

bool is_query(std::string_view query) noexcept
{
    return query.find('#') == query.npos;
}

bool leads_here(std::string_view address) noexcept
{
    if (!http::ascii::all(address, http::ascii::target_char)) return false;
    auto const mark = std::min(address.find('?'), address.size());
    return is_path_of_this_site(address.substr(0, mark)) && is_query(address.substr(mark));
}

std::string without_backslashes(std::string_view address)
{
    std::string out;
    out.reserve(address.size());
    for (char const c : address)
        if (c == '\\') out += "%5C";
        else out += c;
    return out;
}

} // namespace

std::string return_address(std::string_view wanted, std::string_view otherwise, std::size_t longest)
{
    if (wanted.size() > longest || !leads_here(wanted)) return std::string{otherwise};
    return without_backslashes(wanted);
}

} // namespace yett::pipeline
