#include "gateway/pipeline/request/cors.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/field_list.hpp"
#include "policies/spec.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

// CORS as the Fetch standard has it, for one rule. Two decisions are apart. `admit` is about the
// origin: a preflight from a page that the rule does not know is refused, with a note that tells
// the operator which origin it was. `grants` is about method and fields, and a preflight that asks
// for too much is no error, it is answered without them, which the browser understands.
//
// Replies always vary by Origin, even those for origins that get nothing: a cache that kept one of
// them would give it to all.

namespace yett::pipeline {
namespace {

using http::known;

constexpr std::string_view requested_method = "access-control-request-method";
constexpr std::string_view requested_headers = "access-control-request-headers";
constexpr std::size_t longest_in_log = 200;

// The one value of a field; empty when there is none or more than one.
std::string_view only(http::head const& head, std::string_view name)
{
    std::string_view found;
    for (auto const& f : head.fields()) {
        if (!http::ascii::equal_ignoring_case(f.name, name)) continue;
        if (found.data()) return {};
        found = f.value;
    }
    return found;
}

std::string_view origin_of(http::head const& head)
{
    return head.count(known::origin) == 1 ? head.value(known::origin) : std::string_view{};
}

void append(std::vector<http::field>& fields, std::string_view name, std::string_view value)
{
    if (!value.empty()) fields.push_back({name, value, known::other});
}

bool has(std::vector<std::string> const& names, std::string_view name)
{
    return std::ranges::any_of(names, [name](auto const& n) { return http::ascii::equal_ignoring_case(n, name); });
}

// `*` stands for every field but this one (Fetch, section 4.9).
bool has_header(std::vector<std::string> const& names, std::string_view name)
{
    if (has(names, name)) return true;
    return has(names, "*") && !http::ascii::equal_ignoring_case(name, "authorization");
}

} // namespace

std::string_view preflight_method(http::head const& head)
{
    if (head.method() != http::method::options || origin_of(head).empty()) return {};
    auto const method = only(head, requested_method);
    return http::ascii::is_token(method) ? method : std::string_view{};
}

cors_rule::cors_rule(policies::cors_spec const& spec)
    : origins_{spec.origins},
      methods_{spec.methods},
      headers_{spec.headers},
      allow_methods_{fmt::format("{}", fmt::join(spec.methods, ", "))},
      allow_headers_{fmt::format("{}", fmt::join(spec.headers, ", "))},
      expose_{fmt::format("{}", fmt::join(spec.expose, ", "))},
      max_age_{fmt::format("{}", spec.max_age.count())},
      credentials_{spec.credentials},
      forwards_{spec.preflights == policies::cors_spec::preflight::forward}
{
}

result<void> cors_rule::admit(http::head const& preflight) const
{
    auto const origin = origin_of(preflight);
    if (origins_.judge(origin) != http::origin_list::admission::none) return {};
    return client_error(errc::csrf_rejected, fmt::format("a preflight from Origin \"{}\", which is not in cors.origins",
                                                         origin.substr(0, longest_in_log)));
}

bool cors_rule::grants(http::head const& preflight) const
{
    auto const method = only(preflight, requested_method);
    auto const listed = [method](std::string const& m) { return m == method || m == "*"; };
    if (!methods_.empty() && std::ranges::none_of(methods_, listed)) return false;
    for (auto const& f : preflight.fields()) {
        if (!http::ascii::equal_ignoring_case(f.name, requested_headers)) continue;
        auto list = f.value;
        while (auto const name = http::next_element(list))
            if (!has_header(headers_, *name)) return false;
    }
    return true;
}

// False for origins that get nothing.
bool cors_rule::append_origin(http::head const& asked, std::vector<http::field>& fields) const
{
    auto const origin = origin_of(asked);
    if (origin.empty() || origins_.judge(origin) == http::origin_list::admission::none) return false;
    append(fields, "Access-Control-Allow-Origin", origins_.has_all() ? "*" : origin);
    if (credentials_) append(fields, "Access-Control-Allow-Credentials", "true");
    return true;
}

void cors_rule::append_to_reply(http::head const& asked, std::vector<http::field>& fields) const
{
    if (append_origin(asked, fields)) append(fields, "Access-Control-Expose-Headers", expose_);
    append(fields, "Vary", "Origin");
}

// With no methods configured the one that was asked for is allowed: the rule itself decides about
// methods.
void cors_rule::append_to_preflight(http::head const& asked, std::vector<http::field>& fields) const
{
    if (append_origin(asked, fields)) {
        append(fields, "Access-Control-Allow-Methods", allow_methods_.empty() ? only(asked, requested_method) : allow_methods_);
        append(fields, "Access-Control-Allow-Headers", allow_headers_);
        append(fields, "Access-Control-Max-Age", max_age_);
    }
    append(fields, "Vary", "Origin");
}

} // namespace yett::pipeline
