#include "gateway/app/parts/build_snapshot.hpp"

#include "gateway/app/parts/page_branding.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/translate.hpp"
#include "gateway/base/random.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/endpoints/auth_routes.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "policies/compile.hpp"

#include <fmt/format.h>

#include <charconv>
#include <span>

namespace yett::app {
namespace {

// Splits "file:line:column"; a built-in rule has no place and gets the file's first line.
config::complaint complaint_from(policies::spec_complaint const& c)
{
    config::complaint made{.file = c.place, .path = c.path, .text = c.text};
    made.severity = c.is == policies::spec_complaint::weight::error ? config::severity::error : config::severity::warning;
    for (auto* number : {&made.column, &made.line}) {
        auto const colon = made.file.rfind(':');
        if (colon == made.file.npos) break;
        std::from_chars(made.file.data() + colon + 1, made.file.data() + made.file.size(), *number);
        made.file.resize(colon);
    }
    return made;
}

// `place` as above; a built-in limit that was not named has none, and nothing to complain of.
void add_complaints(limits::limit_spec const& about, std::string const& place, std::vector<config::complaint>& to)
{
    for (auto& each : limits::limit::complaints(about))
        to.push_back(complaint_from({policies::spec_complaint::weight::error, place, "limits." + about.name, std::move(each)}));
}

bool counts_by_account(limits::limit const& l)
{
    auto const& keys = l.spec().keys;
    return std::any_of(keys.begin(), keys.end(), [](auto const& k) { return k.is == limits::key_part::kind::account; });
}

// `path` is that of a key which changes fields, `place` where it stands.
void add_complaints(std::vector<upstream::field_rules::complaint> found, std::string const& place, std::string const& path,
                    std::vector<config::complaint>& to)
{
    using weight = policies::spec_complaint::weight;
    for (auto& each : found)
        to.push_back(complaint_from(
            {each.is_warning ? weight::warning : weight::error, place, fmt::format("{}.{}", path, each.path), std::move(each.text)}));
}

// Needs no plan that can be kept: what is wrong with identity_headers is said elsewhere.
void add_complaints(std::span<policies::route_spec const> routes, config::settings const& s, std::vector<config::complaint>& to)
{
    auto const plan = upstream::header_plan::from(headers_of(s));
    if (!plan) return;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        auto const& rule = routes[i];
        auto const path = fmt::format("routes[{}]", i);
        add_complaints(upstream::field_rules::complaints(field_rules_of(rule.request_headers), *plan), rule.request_headers.place,
                       path + ".request_headers", to);
        add_complaints(upstream::reply_changes::complaints(reply_changes_of(rule), *plan), rule.response_headers.place,
                       path + ".response_headers", to);
    }
}

bool is_built_in(limits::limit_spec const& spec)
{
    auto const& all = limits::built_in_limits();
    return std::ranges::find(all, spec.name, &limits::limit_spec::name) != all.end();
}

// The limits that exist to count accounts, and know them at every endpoint they stand at.
bool is_made_for_accounts(std::string_view name)
{
    auto const& letters = limits::for_letters;
    return name == limits::for_strangers || name == limits::for_known_devices ||
           std::ranges::find(letters, name) != std::ranges::end(letters);
}

// An account is known once the body was read, by the endpoint itself. Where no body names
// one, the client is counted instead.
void put_off_account_limits(pipeline::route_facts& facts, bool names_account)
{
    auto& early = facts.limits.early;
    auto const at_once = [names_account](limits::limit const* l) {
        return !counts_by_account(*l) || !(names_account || is_made_for_accounts(l->name()));
    };
    auto const later = std::stable_partition(early.begin(), early.end(), at_once);
    for (auto const* each : std::span{later, early.end()}) {
        if (each->name() != limits::for_known_devices) facts.account_limits.push_back(each);
        if (each->name() != limits::for_strangers) facts.device_limits.push_back(each);
    }
    early.erase(later, early.end());
}

// Whom assertions on this route are for. The route alone decides it: a host that the
// client chooses would let one application use at another what it was given.
std::string audience_of(policies::route const& route, config::settings const& s)
{
    auto const& wanted = s.identity_headers.assertion;
    if (!wanted || route.to() != policies::destination::upstream) return {};
    if (wanted->audience != config::route_host) return wanted->audience;
    auto const& host = route.spec().match.host;
    return host.empty() ? forwarding_of(s.upstreams.at(route.target())).name() : host;
}

pipeline::credential_ways ways_of(policies::route const& route)
{
    auto const& spec = route.spec();
    return {spec.challenge == policies::challenge::basic, spec.websocket && spec.websocket->token_by_protocol,
            spec.access_header};
}

pipeline::route_facts facts_of(policies::route const& route, pipeline::snapshot const& snapshot, config::settings const& s,
                               telemetry::metrics& figures)
{
    pipeline::route_facts facts;
    auto chain = snapshot.limiter->resolve(route.limits());
    if (!chain) throw startup_error{startup_error::blame::configuration, route.place() + ": " + chain.error().note()};
    facts.limits = std::move(*chain);
    if (route.to() == policies::destination::accounts) facts.endpoint = pipeline::endpoint_named(route.target());
    if (facts.endpoint) put_off_account_limits(facts, facts.endpoint->is(pipeline::trait::names_account));
    facts.slot = figures.route(route.name());
    facts.stream = route.spec().stream;
    if (auto const& websocket = route.spec().websocket) {
        facts.websocket = &*websocket;
        facts.websocket_origins = http::origin_list{websocket->allowed_origins};
    }
    if (auto const& cors = route.spec().cors) {
        facts.cors = std::make_unique<pipeline::cors_rule const>(*cors);
        auto const all = !facts.endpoint || facts.endpoint->is(pipeline::trait::serves_other_sites);
        if (all) facts.friends = facts.cors->friends();
    }
    facts.audience = audience_of(route, s);
    facts.changes = changes_of(route);
    facts.ways = ways_of(route);
    facts.unusual_ways = facts.ways.unusual();
    facts.foreign_bearers = route.credentials() == policies::credential_use::ignored || !facts.ways.access_header.empty();
    facts.forward_credentials = route.spec().forward_credentials;
    facts.body_bytes = route.body_bytes().value_or(s.client_limits.body_bytes);
    return facts;
}

pipeline::page_settings pages_of(config::settings const& s, std::string waiting_key)
{
    auto const& pages = s.accounts.pages;
    return {pages.enabled, s.accounts.prefix, branding_of(s), pages.after_logout, std::move(waiting_key)};
}

std::shared_ptr<limits::verification_budget> verifications_of(limits::limiter const& limiter,
                                                              std::shared_ptr<limits::memory_counters> counting)
{
    auto const& spec = limiter.named(limits::for_verifications)->spec();
    return std::make_shared<limits::verification_budget>(std::move(counting), spec, random_u64());
}

upstream::header_plan plan_of(config::settings const& s)
{
    auto plan = upstream::header_plan::from(headers_of(s));
    if (!plan) throw startup_error{startup_error::blame::configuration, "identity_headers: " + plan.error().note()};
    return std::move(*plan);
}

} // namespace

compiled_rules compile_rules(config::settings const& s)
{
    auto specs = pipeline::auth_routes(s.accounts.prefix, s.accounts.pages.enabled);
    for (auto& each : specs)
        if (!pipeline::endpoint_named(each.target)->is_page_only()) each.cors = s.accounts.cors;
    specs.insert(specs.end(), s.routes.begin(), s.routes.end());
    auto compiled = policies::compile(std::move(specs));
    compiled_rules rules{std::move(compiled.table), {}};
    for (auto const& each : compiled.complaints) rules.complaints.push_back(complaint_from(each));
    add_complaints(s.routes, s, rules.complaints);
    for (auto const& each : limits_of(s)) add_complaints(each, s.limits.at(each.name).place, rules.complaints);
    return rules;
}

std::shared_ptr<pipeline::snapshot const> build_snapshot(config::settings const& s,
                                                         std::shared_ptr<limits::memory_counters> counting,
                                                         telemetry::metrics& figures, std::string waiting_key)
{
    auto rules = compile_rules(s);
    if (!rules.routes) throw startup_error{startup_error::blame::configuration, to_string(rules.complaints.front())};
    auto const specs = limits_of(s);
    auto limiter = std::make_shared<limits::limiter const>(counting, specs);
    auto snapshot = std::make_shared<pipeline::snapshot>(
        pipeline::snapshot{std::move(*rules.routes), {}, std::move(limiter), {}, plan_of(s), s.trusted_proxies});
    // There are figures of their own for fifteen limits; those of the operator come first.
    snapshot->own_limit_slot = figures.limit(pipeline::own_limit_name);
    for (bool const built_in : {false, true})
        for (auto const& spec : specs)
            if (is_built_in(spec) == built_in && spec.name != limits::for_verifications)
                snapshot->limit_slots[snapshot->limiter->named(spec.name)] = figures.limit(spec.name);
    snapshot->verifications = verifications_of(*snapshot->limiter, std::move(counting));
    if (s.trusted_proxies_send == config::forwarding_family::forwarded)
        snapshot->proxies_send = pipeline::forwarding_family::forwarded;
    snapshot->transport = transport_of(s);
    snapshot->pages = pages_of(s, std::move(waiting_key));
    // There are figures of their own for a few dozen routes; the configured ones come first.
    for (auto const& each : s.routes) figures.route(each.name);
    for (auto const& route : snapshot->routes.routes()) snapshot->facts.push_back(facts_of(route, *snapshot, s, figures));
    return snapshot;
}

} // namespace yett::app
