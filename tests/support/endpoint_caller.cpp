#include "tests/support/endpoint_caller.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/audit_sink.hpp"
#include "gateway/accounts/passwords/password.hpp"
#include "gateway/accounts/ports/stores.hpp"
#include "gateway/accounts/users/register.hpp"
#include "gateway/http/ascii.hpp"
#include "gateway/http/bodies/form.hpp"
#include "gateway/limits/limiter.hpp"
#include "gateway/limits/memory_counters.hpp"
#include "gateway/pipeline/call/call.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/endpoints/auth_endpoints.hpp"
#include "gateway/pipeline/endpoints/page_endpoints.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/storage/memory/stores.hpp"
#include "gateway/tokens/cache/token_cache.hpp"
#include "gateway/tokens/revocations.hpp"
#include "gateway/tokens/signer.hpp"
#include "policies/compile.hpp"
#include "tests/support/fake_exchange.hpp"
#include "tests/support/run.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <regex>
#include <stdexcept>

namespace yett::tests {
namespace {

constexpr auto issuer = "https://auth.test";

accounts::hashing_rules cheap_hashing()
{
    accounts::hashing_rules rules;
    rules.argon2id_memory = 8 << 10;
    rules.argon2id_iterations = 1;
    rules.memory = 16 << 20;
    rules.threads = 1;
    return rules;
}

tokens::signing_key make_key()
{
    return *tokens::signing_key::from_secret(tokens::algorithm::hs256, secret{std::string(32, 'k') + "not in a list"});
}

std::shared_ptr<tokens::verifier const> verifier_of(tokens::signing_key const& key)
{
    tokens::issuer ours;
    ours.name = issuer;
    ours.own = true;
    ours.audience = {"api"};
    ours.keys = {key.verification()};
    return std::make_shared<tokens::verifier const>(std::vector{ours});
}

class no_audit final : public accounts::audit_sink
{
    void record(accounts::audit_event const&) noexcept override {}
};

// "name=value; ..." of a Set-Cookie field, and whether it deletes.
struct set_line
{
    std::string_view name, value;
    bool deletes;
};

set_line read_line(std::string_view line)
{
    auto const equals = line.find('=');
    auto const end = line.find(';');
    return {line.substr(0, equals), line.substr(equals + 1, end - equals - 1), line.find("Max-Age=0") != line.npos};
}

std::vector<set_line> lines_of(endpoint_answer const& a)
{
    std::vector<set_line> lines;
    for (auto const* fields : {&a.kept, &a.fields})
        for (auto const& [name, value] : *fields)
            if (name == "Set-Cookie") lines.push_back(read_line(value));
    return lines;
}

} // namespace

std::string endpoint_answer::came_to() const
{
    return failure ? std::string{name_of(failure->code())} : std::to_string(status);
}

std::string endpoint_answer::field(std::string_view name) const
{
    for (auto const& [n, v] : fields)
        if (http::ascii::equal_ignoring_case(n, name)) return v;
    return {};
}

std::string endpoint_answer::cookie(std::string_view name) const
{
    std::string last;
    for (auto const& each : lines_of(*this))
        if (each.name == name) last = each.value;
    return last;
}

bool endpoint_answer::deletes(std::string_view cookie) const
{
    for (auto const& each : lines_of(*this))
        if (each.name == cookie && each.deletes) return true;
    return false;
}

std::string endpoint_answer::member(std::string_view path) const
{
    boost::system::error_code wrong;
    auto all = boost::json::parse(body, wrong);
    if (wrong) return {};
    auto const found = all.find_pointer('/' + std::string{path}, wrong);
    if (!found) return {};
    return found->is_string() ? std::string{found->as_string()} : boost::json::serialize(*found);
}

std::string endpoint_answer::hidden(std::string_view input) const
{
    std::regex const shape{fmt::format(R"re(name="{}" value="([^"]*)")re", input)};
    std::smatch found;
    auto const text = shown();
    return std::regex_search(text, found, shape) ? found[1].str() : std::string{};
}

std::string endpoint_answer::complaint_of(std::string_view field) const
{
    for (auto const& each : complaints)
        if (each.field == field) return each.code;
    return {};
}

struct endpoint_caller::parts
{
    explicit parts(settings w) : with{std::move(w)}
    {
        desk.rules.require_verified_email = with.verified_email;
        desk.rules.self_delete = with.self_delete;
        desk.rules.api_keys.self_service = with.self_service;
        desk.rules.api_keys.scopes = with.key_scopes;
        desk.now = [this] { return now; };
    }

    // Spends from limits that refuse, where the settings say so.
    task<result<void>> spend(pipeline::request_context& context)
    {
        if (!with.letters_over && !with.login_over) co_return result<void>{};
        auto const* const full = limiter.named(with.letters_over ? "resend_account" : "login_account");
        std::vector<limits::limit const*> const from(1, full);
        limits::subject spender;
        spender.account = context.spending.account;
        for (auto spent = limiter.spend(from, spender, steady_now());; spent = limiter.spend(from, spender, steady_now()))
            if (!spent) {
                context.spending.admissions.push_back(std::move(spent));
                co_return client_error(errc::rate_limited, "the limit " + full->name());
            }
    }

    task<result<http::reply>> answer(pipeline::call& c)
    {
        auto const by_page = pipeline::is_answered_by_page(c.endpoint, c.ex, c.context.pages());
        if (by_page) co_return co_await pipeline::answer_by_page(c);
        co_return co_await c.endpoint.answer(c);
    }

    settings with;
    wall_time now{seconds{1'800'000'000}};
    tokens::signing_key key = make_key();
    tokens::signer signer{key, issuer, {"api"}};
    tokens::revocations revoked{issuer};
    tokens::token_cache cache{verifier_of(key), revoked, {.bytes = 1 << 20}};
    accounts::stores stores = storage::memory::make_stores();
    accounts::passwords passwords{cheap_hashing()};
    no_audit audit;
    accounts::account_services desk{*stores.users,
                                    *stores.sessions,
                                    *stores.letters,
                                    *stores.links,
                                    *stores.api_keys,
                                    passwords,
                                    signer,
                                    revoked,
                                    audit,
                                    {},
                                    secret{std::string(32, 'd')}};
    limits::limiter limiter{std::make_shared<limits::memory_counters>(limits::memory_options{.bytes = 8 << 20}), {}};
    pipeline::auth_endpoints endpoints{{desk, cache, documents()}};
    std::shared_ptr<pipeline::worker_snapshot const> snapshot = snapshot_with(with);
    identity_ptr who;

    // No rule, no limit and no application: how tokens travel, and the pages.
    static std::shared_ptr<pipeline::worker_snapshot const> snapshot_with(settings const& with)
    {
        auto made = std::make_shared<pipeline::snapshot>(
            pipeline::snapshot{std::move(*policies::compile({}).table), {}, nullptr, {}, *upstream::header_plan::from({}), {}});
        made->transport = with.transport;
        auto const counting = std::make_shared<limits::memory_counters>(limits::memory_options{.bytes = 8 << 20});
        auto spec = limits::limiter{counting, {}}.named(limits::for_verifications)->spec();
        spec.amount = 1;
        spec.period = std::chrono::hours{1};
        spec.burst = with.checks;
        made->verifications = std::make_shared<limits::verification_budget>(counting, spec, 7);
        made->pages = {with.pages, {"/auth", "/api/auth"}, with.branding, with.after_logout, std::string(32, 'w')};
        return pipeline::make_worker_snapshot(std::move(made), {});
    }
    static std::shared_ptr<pipeline::key_documents const> documents()
    {
        pipeline::key_documents shown;
        shown.jwks = {R"({"keys":[]})", "\"one\""};
        shown.cache_control = "public, max-age=300";
        return std::make_shared<pipeline::key_documents const>(shown);
    }
};

endpoint_caller::endpoint_caller() : endpoint_caller{settings{}} {}

endpoint_caller::endpoint_caller(settings with) : parts_{std::make_unique<parts>(std::move(with))} {}

endpoint_caller::~endpoint_caller() = default;

endpoint_answer endpoint_caller::ask(std::string_view endpoint, std::string const& lines, std::string const& body)
{
    auto const* const row = pipeline::endpoint_named(endpoint);
    if (!row) throw std::invalid_argument{"no endpoint " + std::string{endpoint}};
    return ask(*row, lines, body);
}

endpoint_answer endpoint_caller::ask(pipeline::endpoint const& row, std::string const& lines, std::string const& body)
{
    auto head = lines + '\n';
    head.insert(head.find('\n'), " HTTP/1.1\nHost: example.com");
    if (!body.empty()) {
        auto const* const type = body.front() == '{' ? "application/json" : "application/x-www-form-urlencoded";
        head += fmt::format("Content-Type: {}\nContent-Length: {}\n", type, body.size());
    }
    fake_exchange ex{std::regex_replace(head + '\n', std::regex{"\n"}, "\r\n")};
    if (!body.empty()) ex.arrive(body);
    ex.finish_body();

    auto& p = *parts_;
    auto context = this->context();
    context.asked.from.text = "192.0.2.7";
    context.asked.from.https = true;
    context.found.shown = pipeline::credential_of(ex.request(), context.transport());
    if (context.found.shown) context.found.token = p.cache.prefetch_index(context.found.shown->token);
    context.found.who = p.who;
    auto spend = [&p, &context] { return p.spend(context); };
    pipeline::call asked{row, p.endpoints.services(), ex, context, nullptr, spend};
    auto const reply = run(p.answer(asked));

    endpoint_answer made;
    if (reply) {
        made.status = reply->status;
        made.fields = reply->fields;
        made.body = reply->body;
    } else {
        made.failure = reply.error();
    }
    made.kept = context.reported.set_cookies;
    made.page = context.reported.page.value_or(std::string{});
    made.complaints = context.reported.complaints;
    made.account = context.spending.account;
    made.device = context.spending.device;
    return made;
}

endpoint_answer endpoint_caller::visit(std::string_view endpoint, std::string const& lines)
{
    return send({}, endpoint, lines, {});
}

endpoint_answer endpoint_caller::send(endpoint_answer const& page, std::string_view endpoint, std::string const& path,
                                      std::string const& fields)
{
    auto const is_form = !page.shown().empty();
    auto lines = (is_form ? "POST " + path + "\nOrigin: https://example.com" : "GET " + path) + "\nAccept: text/html";
    std::string brought;
    for (auto const& [name, value] : cookies_) brought += (brought.empty() ? "\nCookie: " : "; ") + name + '=' + value;
    auto const body = is_form ? "form=" + page.hidden("form") + (fields.empty() ? "" : "&" + fields) : std::string{};
    auto answer = ask(endpoint, lines + brought, body);
    for (auto const& each : lines_of(answer)) {
        if (each.deletes) cookies_.erase(std::string{each.name});
        else cookies_[std::string{each.name}] = each.value;
    }
    return answer;
}

void endpoint_caller::be(std::string const& access_token)
{
    be_since(access_token, seconds{0});
}

void endpoint_caller::be_since(std::string const& access_token, seconds ago)
{
    parts_->who = nullptr;
    if (access_token.empty()) return;
    auto who = *parts_->cache.identify(access_token, parts_->now).value();
    who.authenticated_at -= ago;
    parts_->who = std::make_shared<identity const>(std::move(who));
}

pipeline::request_context endpoint_caller::context() const
{
    pipeline::request_context begun;
    begun.snapshot = parts_->snapshot;
    begun.asked.now = parts_->now;
    return begun;
}

void endpoint_caller::be_known_as(identity_ptr who)
{
    parts_->who = std::move(who);
}

std::string endpoint_caller::add_user(std::string const& email, std::string const& password)
{
    auto& p = *parts_;
    accounts::registration asked;
    asked.email = email;
    asked.password = secret{password};
    auto const made = run(accounts::register_user(p.desk, asked, p.now));
    accounts::user_change change;
    change.verified = true;
    (void)run(p.stores.users->change(made.value().user_id, change));
    (void)letters();
    return made.value().user_id;
}

endpoint_answer endpoint_caller::sign_in(std::string const& email, std::string const& password)
{
    return ask("login", "POST /auth/login", fmt::format(R"({{"email":"{}","password":"{}"}})", email, password));
}

void endpoint_caller::pass(seconds time)
{
    parts_->now += time;
}

std::string endpoint_caller::link_of(accounts::letter_kind kind)
{
    auto& letters = *parts_->stores.letters;
    auto const later = parts_->now + std::chrono::hours{1};
    std::string token;
    for (;;) {
        auto const next = run(letters.claim(later, later + seconds{60}));
        if (!next) return token;
        if (next->letter.kind == kind && !next->letter.blank) token = next->letter.token.reveal();
        (void)run(letters.close(next->letter.id, accounts::letter_end::sent, later));
    }
}

std::size_t endpoint_caller::letters()
{
    auto& letters = *parts_->stores.letters;
    auto const later = parts_->now + std::chrono::hours{1};
    for (std::size_t count = 0;;) {
        auto const next = run(letters.claim(later, later + seconds{60}));
        if (!next) return count;
        count += !next->letter.blank;
        (void)run(letters.close(next->letter.id, accounts::letter_end::sent, later));
    }
}

std::size_t endpoint_caller::sessions_of(std::string const& user_id)
{
    accounts::session_page all;
    all.now = parts_->now;
    return run(parts_->stores.sessions->list(user_id, all)).value().size();
}

} // namespace yett::tests
