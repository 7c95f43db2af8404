#include "policies/methods.hpp"

#include <algorithm>
#include <array>

namespace yett::policies {
namespace {

constexpr std::array<std::string_view, 16> usual_names{"GET",     "HEAD",     "POST",      "PUT",   "DELETE", "PATCH",
                                                       "OPTIONS", "PROPFIND", "PROPPATCH", "MKCOL", "COPY",   "MOVE",
                                                       "LOCK",    "UNLOCK",   "REPORT",    "SEARCH"};
constexpr std::size_t most_beside = 47;
constexpr std::uint64_t unnamed = std::uint64_t{1} << 63;

char upper(char c) noexcept
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) noexcept
{
    std::string_view const others = "!#$%&'*+-.^_`|~0123456789";
    auto const fits = [others](char c) { return (upper(c) >= 'A' && upper(c) <= 'Z') || others.find(c) != others.npos; };
    return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

error wrong(std::string_view method, std::string_view why)
{
    return our_error(errc::bad_request, "'" + std::string{method} + "' " + std::string{why});
}

} // namespace

result<method_set> method_names::name(std::string_view method)
{
    if (auto const known = of(method); known.bits_ != unnamed) return known;
    if (!is_token(method)) return wrong(method, "is no method: a word of letters, digits and - . _ is");
    std::string capitals{method};
    std::transform(capitals.begin(), capitals.end(), capitals.begin(), upper);
    if (capitals == "CONNECT" || capitals == "TRACE") return wrong(method, "is never served");
    if (std::find(usual_names.begin(), usual_names.end(), capitals) != usual_names.end())
        return wrong(method, "is another method than " + capitals + ": methods are compared with case");
    if (beside_.size() == most_beside) return wrong(method, "is one too many: 47 methods beside the usual ones can be named");
    beside_.emplace_back(method);
    return of(method);
}

method_set method_names::of(std::string_view method) const noexcept
{
    for (std::size_t i = 0; i < usual_names.size(); ++i)
        if (usual_names[i] == method) return method_set{std::uint64_t{1} << i};
    for (std::size_t i = 0; i < beside_.size(); ++i)
        if (beside_[i] == method) return method_set{std::uint64_t{1} << (usual_names.size() + i)};
    return method_set{unnamed};
}

std::string method_names::text(method_set methods) const
{
    std::string list;
    auto const add = [&](std::string_view name, std::size_t bit) {
        if ((methods.bits_ >> bit & 1) != 0) list.append(list.empty() ? "" : ", ").append(name);
    };
    for (std::size_t i = 0; i < usual_names.size(); ++i) add(usual_names[i], i);
    for (std::size_t i = 0; i < beside_.size(); ++i) add(beside_[i], usual_names.size() + i);
    return list;
}

} // namespace yett::policies
