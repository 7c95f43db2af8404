#include "gateway/pipeline/call/fields.hpp"

#include "gateway/accounts/address.hpp"
#include "gateway/http/bodies/form.hpp"
#include "gateway/pipeline/call/read_fields.hpp"
#include "gateway/pipeline/request/request_context.hpp"

#include <charconv>

// What handlers take out of a body, a path and a query, each in the one way that all of them share.
// A form has been read already when its token was checked (`call::body`); a program's JSON is read
// here.

namespace yett::pipeline {

task<result<http::body_fields>> fields_of(call& c)
{
    if (!c.body) co_return co_await read_fields(c.ex);
    co_return std::move(*c.body);
}

result<void> require_only(http::body_fields& body, std::initializer_list<std::string_view> names, request_context& context)
{
    auto fine = body.expect_only(names);
    if (!fine) context.reported.complaints.assign(body.complaints().begin(), body.complaints().end());
    return fine;
}

task<result<secret>> token_of(call& c)
{
    auto body = co_await fields_of(c);
    if (!body) co_return body.error();
    auto token = body->secret_text("token");
    if (auto fine = require_only(*body, {"token"}, c.context); !fine) co_return fine.error();
    co_return std::move(token);
}

// The fields go to the reply by way of the context, the code by way of the error.
error refused(accounts::refusal const& why, request_context& context)
{
    for (auto const& each : why.fields)
        context.reported.complaints.push_back({std::string{each.field}, std::string{name_of(each.code)}, each.message});
    return why.why;
}

// As limits and letters know an account; a text that is no address counts as itself, so that
// guesses with one count, too.
std::string account_of(std::string const& email)
{
    auto const address = accounts::parse_address(email);
    return address ? address->key : email;
}

secret token_in(http::target const& where)
{
    return secret{http::form_decoded(last_segment(where.path())).value_or(std::string{})};
}

result<accounts::part> part_asked(std::string_view query)
{
    constexpr std::size_t most = 1000;
    accounts::part wanted;
    wanted.after = http::form_value(query, "after").value_or(std::string{});
    auto const limit = http::form_value(query, "limit");
    if (!limit) return wanted;
    auto const* const end = limit->data() + limit->size();
    auto const read = std::from_chars(limit->data(), end, wanted.limit);
    if (read.ec != std::errc{} || read.ptr != end || wanted.limit == 0 || wanted.limit > most)
        return client_error(errc::bad_request, "limit: a number from 1 to 1000 is wanted");
    return wanted;
}

std::string_view last_segment(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}

} // namespace yett::pipeline
