#include "gateway/pipeline/request/return_address.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/path_readings.hpp"
#include "gateway/http/path_spelling.hpp"

#include <algorithm>

namespace yett::pipeline {
namespace {

// An encoded slash may stand in a path. As its first byte it is a second slash to whoever
// decodes it.
bool begins_with_two_slashes(std::string_view path) noexcept
{
    return path.starts_with("/%2F");
}

// The scan refuses blanks, raw backslashes and every spelling but the one that the gate
// forwards. What only lenient rules let through, a second slash above all, leads nowhere from
// here, and neither does what becomes a second slash when it is decoded again.
bool is_path_of_this_site(std::string_view path)
{
    if (!path.starts_with('/') || begins_with_two_slashes(path)) return false;
    auto const found = http::inspect_path(path);
    if (found.how != http::spelling::canonical || found.doubts.needs_leave()) return false;
    if (!found.doubts.has(http::doubt::double_escape)) return true;
    auto const readings = http::read_in_every_way(path, {});
    auto const strays = [](http::path_reading const& each) { return begins_with_two_slashes(each.path); };
    return readings && std::none_of(readings->begin(), readings->end(), strays);
}

bool is_query(std::string_view query) noexcept
{
    return query.find('#') == query.npos;
}

bool leads_here(std::string_view address)
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
