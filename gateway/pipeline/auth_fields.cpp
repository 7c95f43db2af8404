#include "gateway/pipeline/auth_fields.hpp"

#include "gateway/accounts/address.hpp"
#include "gateway/http/form.hpp"
#include "gateway/pipeline/passage.hpp"
#include "gateway/pipeline/read_fields.hpp"

namespace yett::pipeline {

task<result<http::body_fields>> fields_of(auth_endpoints::call& c)
{
    if (!c.body) co_return co_await read_fields(c.ex);
    co_return std::move(*c.body);
}

result<void> require_only(http::body_fields& body, std::initializer_list<std::string_view> names, passage& seen)
{
    auto fine = body.expect_only(names);
    if (!fine) seen.complaints.assign(body.complaints().begin(), body.complaints().end());
    return fine;
}

error refused(accounts::refusal const& why, passage& seen)
{
    for (auto const& each : why.fields)
        seen.complaints.push_back({std::string{each.field}, std::string{name_of(each.code)}, each.message});
    return why.why;
}

std::string account_of(std::string const& email)
{
    auto const address = accounts::parse_address(email);
    return address ? address->key : email;
}

secret token_in(http::target const& where)
{
    return secret{http::form_decoded(last_segment(where.path())).value_or(std::string{})};
}

std::string_view last_segment(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}

} // namespace yett::pipeline
