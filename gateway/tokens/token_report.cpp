#include "gateway/tokens/token_report.hpp"

#include "gateway/tokens/jws.hpp"
#include "gateway/tokens/keys/jwks.hpp"
#include "gateway/tokens/verifier.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

// `yett token verify`, offline: the verifier that serves, with the keys of a file and whatever
// issuer and audience the operator names. What is not named is not looked at, hence the report
// never says "valid for this gateway". Symmetric algorithms are allowed, for the file is the
// operator's own.

namespace yett::tokens {
namespace {

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n";
    auto const first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<algorithm> every_algorithm()
{
    std::vector<algorithm> all;
    for (int at = 0; at <= static_cast<int>(algorithm::eddsa); ++at) all.push_back(static_cast<algorithm>(at));
    return all;
}

token_report refusal(error const& why)
{
    return {fmt::format("{}\n", name_of(why.code())), why.note() + '\n', 1};
}

issuer issuer_for(key_set set, report_options const& options)
{
    issuer from;
    from.name = options.issuer.value_or("");
    from.any_name = !options.issuer;
    if (options.audience) from.audience.push_back(*options.audience);
    from.any_audience = !options.audience;
    from.keys = std::move(set.keys);
    from.skew = options.skew;
    return from;
}

} // namespace

token_report report_on_token(std::string_view token, std::string_view jwks, report_options const& options, wall_time now)
{
    token = trimmed(token);
    auto set = parse_jwks(jwks, {.algorithms = every_algorithm()});
    if (!set) return refusal(client_error(errc::token_untrusted, "the key set cannot be used: " + set.error().note()));
    if (options.issuer && options.issuer->empty()) return refusal(client_error(errc::token_wrong_issuer, "no issuer is empty"));

    auto const from = issuer_for(std::move(*set), options);
    verifier const judge{{from}, max_token_bytes};
    auto const good = judge.verify(token, now);
    if (!good) return refusal(good.error());
    auto const payload = parse_payload(split_compact(token)->payload, {from.speaks(), from.most_depth});
    return {boost::json::serialize(*payload) + '\n', {}, 0};
}

} // namespace yett::tokens
