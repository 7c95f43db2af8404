#include "gateway/app/commands/explain_fields.hpp"

#include "gateway/app/parts/build_facts.hpp"
#include "gateway/app/parts/build_snapshot.hpp"
#include "gateway/http/ascii.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/target.hpp"
#include "gateway/limits/memory_counters.hpp"
#include "gateway/pipeline/authentication/own_token.hpp"
#include "gateway/pipeline/bearer_terms.hpp"
#include "gateway/pipeline/request/credential.hpp"
#include "gateway/tokens/verifier.hpp"
#include "gateway/upstream/headers/field_report.hpp"
#include "policies/route_table.hpp"

#include <fmt/format.h>

#include <utility>

namespace yett::app {
namespace {

// From the addresses that are kept for documents (RFC 5737).
constexpr auto stranger = "192.0.2.1";

// Tells whose a token says that it is, and needs no key for that.
tokens::verifier names_of_issuers(config::tokens const& t)
{
    std::vector<tokens::issuer> known(1);
    known.front().name = t.issuer;
    for (auto const& each : t.issuers) known.emplace_back().name = each.iss;
    for (auto& each : known) each.any_audience = true;
    return tokens::verifier{std::move(known), t.most_bytes};
}

upstream::client_facts facts_of(bool by_proxy)
{
    upstream::client_facts client{.address = stranger};
    client.trusted = by_proxy;
    client.https = true;
    return client;
}

std::string_view value_for(std::string_view name)
{
    constexpr std::pair<std::string_view, std::string_view> values[] = {
        {"content-length", "0"}, {"transfer-encoding", "chunked"}, {"connection", "close"}, {"expect", "100-continue"},
        {"te", "trailers"},      {"upgrade", "websocket"},         {"cookie", "x=1"}};
    for (auto const& [known, value] : values)
        if (http::ascii::equal_ignoring_case(name, known)) return value;
    return "x";
}

std::string line_about(std::string_view name, std::string_view outcome)
{
    return fmt::format("{:<24} {}", name, outcome);
}

void add_set_fields(upstream::field_rules const& rules, std::vector<std::string>& to)
{
    for (auto const& [name, value] : rules.set())
        to.push_back(line_about(name, fmt::format("set by the rule: {}: {}", name, value)));
}

} // namespace

std::string header_line_of(std::string const& option)
{
    if (option.find(':') != option.npos) return option;
    return fmt::format("{}: {}", option, value_for(option));
}

result<std::vector<std::string>> explain_fields(config::settings const& s, http::head const& head, http::target const& where,
                                                policies::route const& rule, identity const* who)
{
    telemetry::metrics figures{1, build_facts()};
    auto const snapshot = build_snapshot(s, std::make_shared<limits::memory_counters>(limits::memory_options{}), figures);
    auto const& facts = snapshot->facts.at(rule.index());
    auto const judge = names_of_issuers(s.tokens);
    std::function<bool(std::string_view)> const is_ours = [&](std::string_view text) {
        return pipeline::is_own_token(text, judge);
    };

    http::peer peer;
    peer.address = stranger;
    upstream::composition stranger_sends{head, where, peer, facts_of(false)};
    stranger_sends.who = who;
    stranger_sends.rules = facts.changes.of_request();
    stranger_sends.bearers = pipeline::bearer_terms_of(facts, is_ours);
    // Whatever token is there, it is one that serves.
    auto const bearer = pipeline::bearer_of(head);
    if (facts.forward_credentials && bearer) stranger_sends.bearers.proved = *bearer;
    auto proxy_sends = stranger_sends;
    proxy_sends.client = facts_of(true);
    proxy_sends.request_id = head.value(http::known::x_request_id);

    auto const reports = upstream::report_fields(snapshot->headers, stranger_sends, proxy_sends);
    if (!reports) return reports.error();
    std::vector<std::string> lines;
    for (auto const& each : *reports) lines.push_back(line_about(each.name, each.text()));
    if (auto const* const changed = facts.changes.of_request()) add_set_fields(*changed, lines);
    return lines;
}

} // namespace yett::app
