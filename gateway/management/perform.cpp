#include "gateway/management/perform.hpp"

#include "gateway/base/text/strict_json.hpp"

#include <boost/json/serialize.hpp>

// From a request on the management socket to a verb and back: the target names it, the body is its
// arguments, errors are told by their name and in words. These are for operators, who are proved by
// the socket's mode and their uid, so notes are told whole. An exception is a defect and becomes an
// answer: the socket belongs to a program that serves others meanwhile.

namespace yett::management {
namespace {

constexpr json_limits order_limits{std::size_t{4} << 20, 16};
constexpr std::string_view prefix = "/v1/";

unsigned status_of(errc code)
{
    switch (code) {
    case errc::not_found: return 404;
    case errc::conflict: return 409;
    case errc::method_not_allowed: return 405;
    case errc::overloaded:
    case errc::stopping:
    case errc::storage_unavailable: return 503;
    case errc::internal: return 500;
    default: return 400;
    }
}

std::string message_of(accounts::refusal const& why)
{
    std::string text;
    for (auto const& each : why.fields) text += (text.empty() ? "" : " ") + std::string{each.field} + ": " + each.message;
    if (!text.empty()) return text;
    return why.why.note().empty() || why.why.cause() ? describe(why.why) : why.why.note();
}

outcome_text told(accounts::refusal const& why)
{
    boost::json::object body;
    body["error"] = name_of(why.why.code());
    body["message"] = message_of(why);
    return {status_of(why.why.code()), boost::json::serialize(body)};
}

} // namespace

task<outcome_text> perform(context const& ctx, verb const& what, std::string_view body, actor const& caller)
{
    auto read = parse_strict_object(body, order_limits);
    if (!read) co_return told(read.error());
    arguments asked{std::move(*read)};
    try {
        auto const done = co_await what.perform(ctx, asked, caller);
        if (!done) co_return told(done.error());
        outcome_text fine{200, boost::json::serialize(*done)};
        co_return fine;
    } catch (std::exception const& defect) {
        co_return told(our_error(errc::internal, defect.what()));
    }
}

task<outcome_text> perform(context const& ctx, posted asked, actor const& caller)
{
    auto path = asked.target;
    auto const* what = static_cast<verb const*>(nullptr);
    if (path.starts_with(prefix)) {
        path.remove_prefix(prefix.size());
        auto const slash = path.find('/');
        if (slash != path.npos) what = verb_named(path.substr(0, slash), path.substr(slash + 1));
    }
    if (!what) co_return told(client_error(errc::not_found, "no such command: " + std::string{asked.target}));
    if (asked.method != "POST") co_return told(errc::method_not_allowed);
    co_return co_await perform(ctx, *what, asked.body, caller);
}

} // namespace yett::management
