#include "gateway/accounts/address.hpp"
#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/app/commands/commands.hpp"
#include "gateway/app/commands/explain_fields.hpp"
#include "gateway/app/parts/build_snapshot.hpp"
#include "gateway/app/parts/load_settings.hpp"
#include "gateway/app/parts/open_stores.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/storage_schema.hpp"
#include "gateway/app/parts/translate.hpp"
#include "gateway/base/async/run_to_end.hpp"
#include "gateway/http/framing.hpp"
#include "gateway/http/target.hpp"
#include "gateway/pipeline/one_rule.hpp"
#include "policies/explain.hpp"

#include <iostream>

// Runs the question through the same functions as a request: the bytes are written as a client
// would send them, read by `http::framing`, normalised by `http::target`, judged by
// `policies::explain`. Nothing of that is imitated here, so the answer is the program's own. What
// is made up is the caller, who is given by name, and limits are not asked.
//
// The exit status is 0 when the request would pass and 1 when not, for scripts that test rules.

namespace yett::app {
namespace {

using blame = startup_error::blame;

constexpr int bad_configuration = startup_error::exit_status_of(startup_error::blame::configuration);

// A question makes no store, and changes nothing of one, its schema least of all.
bool is_there(config::storage const& s)
try {
    auto const schema = open_migrations(s);
    return schema && schema->look().version > 0;
} catch (std::runtime_error const& why) {
    throw startup_error{blame::unavailable, std::string{"storage: "} + why.what()};
}

accounts::user stored_user(config::storage const& s, std::string const& email)
{
    accounts::user unknown;
    auto const address = accounts::parse_address(email);
    if (!address) throw startup_error{blame::configuration, "--as: not an e-mail address: " + email};
    unknown.email = address->text;
    if (!is_there(s)) return unknown;
    auto const stores = open_stores_as_they_are(s);
    auto user = run_to_end(stores.users->find_by_email(address->key));
    if (!user && user.error() == errc::not_found) return unknown;
    if (!user) throw startup_error{blame::unavailable, "storage: " + describe(user.error())};
    return std::move(*user);
}

// The caller as a fresh login would make them.
identity_ptr identity_for(explain_options const& options, config::settings const& s, wall_time now)
{
    if (options.as.empty() && options.roles.empty()) return nullptr;
    auto who = std::make_shared<identity>();
    who->subject = "nobody-stored";
    if (!options.as.empty()) {
        auto user = stored_user(s.storage, options.as);
        std::cout << options.as << (user.id.empty() ? ": not in the store, asked without roles\n" : ": found in the store\n");
        if (!user.id.empty()) who->subject = user.id;
        who->email = user.email;
        who->roles = std::move(user.roles);
    }
    if (!options.roles.empty()) who->roles = options.roles;
    who->issuer = s.tokens.issuer;
    who->audience = s.tokens.audience;
    who->issued_at = who->authenticated_at = now;
    who->expires_at = now + s.tokens.access_ttl;
    return who;
}

ip_address client_of(explain_options const& options)
{
    if (options.from.empty()) return {};
    if (auto const address = parse_ip(options.from)) return *address;
    throw startup_error{blame::configuration, "--from: not an address: " + options.from};
}

// By the names that stand in it, each told from the others as those of rules are.
std::optional<client_certificate> certificate_of(explain_options const& options, wall_time now)
{
    if (options.certificate.empty()) return std::nullopt;
    client_certificate shown;
    shown.expires_at = now + std::chrono::hours{1};
    for (auto const& name : options.certificate) {
        auto& kind = name.find(':') != name.npos ? shown.uris : name.find('@') != name.npos ? shown.emails : shown.dns;
        kind.push_back(name);
    }
    return shown;
}

// An answer that rests on what was not told is no answer.
void ask_for_address(policies::explanation const& answer, explain_options const& options)
{
    auto const counts = answer.rule && answer.rule->spec().access.names(policies::access_spec::kind::networks);
    if (counts && options.from.empty()) std::cout << "asked for a client of no network; --from ADDRESS names one\n";
    auto const shows = answer.rule && answer.rule->access().asks_for_certificate();
    if (shows && options.certificate.empty())
        std::cout << "asked for a client without a certificate; --certificate NAME names one\n";
}

// The request as a client would send it. Whoever gives no host asks the rules that want none.
std::string bytes_of(explain_options const& options)
{
    auto const named = !options.host.empty();
    std::string bytes{options.method + " " + options.path + (named ? " HTTP/1.1\r\nHost: " + options.host : " HTTP/1.0")};
    bytes += "\r\n";
    for (auto const& each : options.headers) bytes += header_line_of(each) + "\r\n";
    return bytes + "\r\n";
}

int refused_by(std::string_view check, error const& why)
{
    std::cout << "refused: " << check << ": " << why.note() << ", " << name_of(why.code()) << '\n';
    return EXIT_FAILURE;
}

// What a rule would do with the path, whether or not the caller of this question is let in.
void tell_of_answer(policies::route const& rule, http::target const& where)
{
    auto const changes = changes_of(rule);
    if (changes.redirect)
        std::cout << "redirected, once let in: " << rule.spec().redirect->status << ' ' << changes.redirect->address_for(where) << '\n';
    if (auto const& own = rule.spec().respond)
        std::cout << "answered by the rule, once let in: " << own->status << ", " << own->body.size() << " bytes\n";
    if (!changes.path) return;
    auto const rewritten = changes.path->of(where);
    if (rewritten) std::cout << "the application is asked for " << (*rewritten)->where().path_to_forward() << '\n';
    else std::cout << "cannot be forwarded: " << rewritten.error().note() << ", " << name_of(rewritten.error().code()) << '\n';
}

// What the application would get, whether or not the caller of this question is let in.
result<void> tell_of_fields(config::settings const& s, http::head const& head, http::target const& where,
                            policies::route const& rule, identity const* who)
{
    if (rule.to() != policies::destination::upstream) {
        std::cout << "answered by yett itself: no header reaches an application\n";
        return {};
    }
    auto const lines = explain_fields(s, head, where, rule, who);
    if (!lines) return lines.error();
    std::cout << "of the headers, once a request is let in:\n";
    for (auto const& each : *lines) std::cout << "  " << each << '\n';
    return {};
}

} // namespace

int explain_command(explain_options const& options)
{
    auto const settings = load_settings(options.file);
    if (!settings) return bad_configuration;
    auto const rules = compile_rules(*settings);
    auto const now = wall_now();

    auto const bytes = bytes_of(options);
    auto const limits = client_limits_of(*settings);
    std::vector<http::field> fields(options.headers.size() + 1);
    http::framing::limits most{.header_bytes = limits.header_bytes, .fields = limits.header_fields};
    most.target_bytes = limits.target_bytes;
    most.methods = limits.methods;
    auto const head = http::framing::read_request(bytes, fields, most);
    if (!head) return refused_by(options.headers.empty() ? "the request line" : "the head", head.error());
    auto const where = http::target::from(*head);
    if (!where) return refused_by("the gate", where.error());
    auto const shown = certificate_of(options, now);
    pipeline::client sender;
    sender.address = client_of(options);
    sender.certificate = shown ? &*shown : nullptr;
    auto const asked = pipeline::question_about(head->method_name(), *where, sender);
    if (asked.path == "*") {
        std::cout << "answered by yett itself\n";
        return EXIT_SUCCESS;
    }
    if (where->doubts().any())
        if (auto fit = pipeline::require_one_rule(*rules.routes, asked, rules.routes->find(asked), *where); !fit)
            return refused_by("the gate", fit.error());

    auto const who = identity_for(options, *settings, now);
    auto const answer = policies::explain(*rules.routes, asked, who, now);
    std::cout << answer.text();
    ask_for_address(answer, options);
    if (answer.rule) tell_of_answer(*answer.rule, *where);
    if (!options.headers.empty() && answer.rule)
        if (auto told = tell_of_fields(*settings, *head, *where, *answer.rule, who.get()); !told)
            return refused_by("the headers", told.error());
    return answer.permitted ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace yett::app
