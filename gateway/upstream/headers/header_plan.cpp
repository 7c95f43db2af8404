#include "gateway/upstream/headers/header_plan.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/fields/cookies.hpp"
#include "gateway/http/fields/header_fold.hpp"
#include "gateway/http/fields/websocket_protocols.hpp"
#include "gateway/http/target.hpp"
#include "gateway/upstream/headers/connection_login.hpp"
#include "gateway/upstream/headers/field_rules.hpp"
#include "gateway/upstream/headers/forwarding_fields.hpp"
#include "gateway/upstream/headers/header_action.hpp"
#include "gateway/upstream/headers/http2_head_sink.hpp"
#include "gateway/upstream/headers/nominations.hpp"
#include "gateway/upstream/headers/recorded_head.hpp"

#include <fmt/format.h>

#include <algorithm>

// Each field of a client is judged by its name (`judge`), and where that says `special` by its value. The order of
// the questions is the order of who may say what: what a connection nominates belongs to it; the field that
// brought the token is taken out; names that only Yett may set are its own in every spelling, before anything
// else is asked about them; what remains is the table's (`header_action`), or the rule's that let the request in.
//
// What is removed is removed before anything is added: no field of a client stands beside one of Yett's with the
// same name, so that an application that reads the first and one that reads the last read the same.

namespace yett::upstream {

using http::known;
using telemetry::dropped_field;

namespace {

bool begins_with(std::string_view name, std::string_view family) noexcept
{
    return name.size() >= family.size() && http::folds_equal(name.substr(0, family.size()), family);
}

bool is_of_protocols(std::string_view name) noexcept
{
    return http::folds_equal(name, "sec-websocket-protocol");
}

constexpr field_verdict ours{header_action::remove, dropped_field::identity};
constexpr field_verdict by_value{header_action::special, dropped_field::count_};

} // namespace

template<field_sink Sink>
class header_plan::writer
{
public:
    writer(header_plan const& plan, composition const& c, Sink& to) : plan_{plan}, c_{c}, to_{to}, host_{c} {}

    void start()
    {
        request_start begin{c_.head.method_name(), c_.where.path_to_forward(), {}, c_.host};
        if (c_.where.has_query()) begin.query = c_.where.query();
        if (c_.host.empty()) {
            begin.host = host_.name();
            begin.port = host_.port();
        }
        to_.start(begin);
    }

    void client_fields(nominations const& nominated)
    {
        bool cookies_written = false;
        auto const has_access_header = !c_.bearers.access_header.empty();
        for (auto const& f : c_.head.fields()) {
            if (nominated.include(f.name)) {
                if (verdict_on(f.id).action == header_action::pass) count(dropped_field::nominated);
                continue;
            }
            if (has_access_header && http::folds_equal(f.name, c_.bearers.access_header)) continue;
            auto const verdict = plan_.judge(f, c_.rules, c_.client.trusted);
            switch (verdict.action) {
            case header_action::pass: to_.field(f.name, f.value); break;
            case header_action::trusted:
                if (passes_of_trusted(f)) to_.field(f.name, f.value);
                else count(verdict.cause);
                break;
            case header_action::special:
                if (c_.bare) break;
                if (f.id == known::other && is_of_protocols(f.name)) protocols(f);
                else if (f.id != known::cookie) credential(f);
                else if (!std::exchange(cookies_written, true)) cookies();
                break;
            case header_action::continued:
                if (!c_.client.trusted) count(verdict.cause);
                break;
            case header_action::remove: count(verdict.cause); break;
            }
        }
        if (c_.rules) [[unlikely]]
            for (auto const& [name, value] : c_.rules->set()) to_.field(name, value);
    }

    void forwarding_fields() { write_forwarding_fields(to_, c_, host_, plan_.trusts_forwarded_); }

    bool signs_in() const noexcept { return signs_in_; }

    result<void> identity_fields()
    {
        if (!c_.assertion.empty() && !plan_.assertion_header_.empty()) to_.field(plan_.assertion_header_, c_.assertion);
        if (!c_.who) return {};
        return plan_.identity_.write_to(to_, c_.who);
    }

    void end() { to_.end(body()); }

private:
    announced_body body() const
    {
        using kind = announced_body::kind;
        if (c_.bare) return {};
        if (c_.websocket) return {kind::websocket};
        if (c_.head.body() == http::body_kind::chunked && !c_.length) return {kind::streamed};
        auto const length = c_.length.value_or(c_.head.content_length());
        if (length > 0 || expects_body()) return {kind::sized, length};
        return {};
    }

    // What belongs to the family that trusted proxies do not write comes from somebody else.
    bool passes_of_trusted(http::field const& f) const
    {
        if (!c_.client.trusted) return false;
        return !plan_.trusts_forwarded_ || !begins_with(f.name, "x-forwarded");
    }

    void count(dropped_field cause) const
    {
        if (c_.dropped && cause != dropped_field::count_) (*c_.dropped)[cause].add();
    }

    // Of a Bearer the token alone is looked at, of any other value everything that may be in it.
    void credential(http::field const& f)
    {
        auto const bearer = f.id == known::authorization && is_bearer(f.value);
        if (bearer ? !may_pass(f.value) : holds_ours(f.value)) return;
        if (plan_.withheld_.are_in(f.value)) return;
        signs_in_ = signs_in_ || (f.id == known::authorization && signs_in_connection(f.value));
        to_.field(f.name, f.value);
    }

    bool may_pass(std::string_view bearer) const
    {
        auto const& terms = c_.bearers;
        if (plan_.keep_bearer_) return true;
        auto const token = behind_scheme(bearer);
        if (!terms.proved.empty() && token == terms.proved) return true;
        return terms.others_pass && terms.is_ours && !holds_ours(token);
    }

    bool holds_ours(std::string_view value) const { return c_.bearers.is_ours && (*c_.bearers.is_ours)(value); }

    // What is left of all Sec-WebSocket-Protocol fields becomes one.
    void protocols(http::field const& f)
    {
        if (std::exchange(protocols_written_, true)) return;
        auto const offered = http::websocket::protocols_of(c_.head);
        if (!offered.others.empty()) to_.field(f.name, offered.others);
    }

    // All Cookie fields become one (RFC 9113 section 8.2.3).
    void cookies()
    {
        auto& value = to_.open("Cookie");
        auto const begin = value.size();
        for (auto const& f : c_.head.fields())
            if (f.id == known::cookie) append_cookies(f.value, value, begin);
        if (value.size() > begin) to_.close();
        else to_.drop();
    }
    void append_cookies(std::string_view sent, std::string& value, std::size_t begin)
    {
        auto const before = value.size();
        if (before > begin) value.append("; ");
        auto const start = value.size();
        http::append_cookies_without(sent, plan_.cookies_, value);
        if (value.size() == start) value.resize(before);
    }

    // RFC 9110 section 8.6: methods that mean a body say so when it is empty.
    bool expects_body() const
    {
        using http::method;
        auto const m = c_.head.method();
        return c_.length || c_.head.body() == http::body_kind::length || m == method::post || m == method::put ||
               m == method::patch;
    }

    header_plan const& plan_;
    composition const& c_;
    Sink& to_;
    asked_host host_;
    bool signs_in_ = false;
    bool protocols_written_ = false;
};

result<header_plan> header_plan::from(header_options const& options)
{
    header_plan plan{options};
    for (auto const& [name, word] : options.set) {
        auto const from = claim_named(word);
        if (!from) return our_error(errc::bad_request, fmt::format("{}: \"{}\" is no claim a header can carry", name, word));
        if (auto set = plan.identity_.set(name, *from); !set) return set.error();
    }
    if (!options.assertion_header.empty()) {
        if (auto reserved = plan.identity_.reserve(options.assertion_header); !reserved) return reserved.error();
        if (plan.identity_.sets(options.assertion_header))
            return our_error(errc::bad_request,
                             fmt::format("{} carries a part of the identity already", options.assertion_header));
        plan.assertion_header_ = options.assertion_header;
    }
    plan.cookies_ = options.cookies;
    plan.nonstandard_names_ = options.nonstandard_names;
    plan.token_fields_ = options.token_fields;
    plan.keep_bearer_ = options.keep_bearer;
    plan.trusts_forwarded_ = options.trusts_forwarded;
    return plan;
}

field_verdict header_plan::judge(http::field const& f, field_rules const* rules, bool trusted) const
{
    if (rules) [[unlikely]]
        return verdict_by_rule(f, *rules, trusted);
    return usual_verdict(f);
}

// A rule may let pass what is dropped else; credentials keep rules of their own.
field_verdict header_plan::verdict_by_rule(http::field const& f, field_rules const& rules, bool trusted) const
{
    auto const usual = usual_verdict(f);
    auto const own = rules.action_on(f.name);
    if (!own) return usual;
    if (*own == header_action::remove) return {header_action::remove, dropped_field::count_};
    auto const stays = usual.action == header_action::special || (usual.action == header_action::continued && trusted);
    if (stays) return usual;
    return is_token_field(f.name) || verdict_on(f.name).action == header_action::special ? by_value : field_verdict{};
}

field_verdict header_plan::usual_verdict(http::field const& f) const
{
    if (f.id != known::other) return identity_.owns(f.id) ? ours : verdict_on(f.id);
    if (http::has_foldable(f.name)) return verdict_on_nonstandard(f.name);
    if (identity_.owns(f.name)) return ours;
    auto const verdict = verdict_on(f.name);
    return verdict.action == header_action::pass && is_token_field(f.name) ? by_value : verdict;
}

// An allowed odd name is judged as its usual spelling is.
field_verdict header_plan::verdict_on_nonstandard(std::string_view name) const
{
    auto const same = [&](std::string const& n) { return http::ascii::equal_ignoring_case(n, name); };
    if (identity_.owns(name)) return ours;
    if (std::none_of(nonstandard_names_.begin(), nonstandard_names_.end(), same))
        return {header_action::remove, dropped_field::spelling};
    auto const id = http::known_named(http::folded(name));
    if (id == known::other && is_token_field(name)) return by_value;
    if (id == known::other) return verdict_on(name);
    return verdict_on(id).action == header_action::pass ? field_verdict{}
                                                        : field_verdict{header_action::remove, dropped_field::spelling};
}

// In any spelling; there are none but where a rule takes its tokens from a field of its own.
bool header_plan::is_token_field(std::string_view name) const noexcept
{
    if (token_fields_.empty()) [[likely]]
        return false;
    auto const same = [&](std::string const& each) { return http::folds_equal(each, name); };
    return std::any_of(token_fields_.begin(), token_fields_.end(), same);
}

template<field_sink Sink>
result<composed> header_plan::apply(composition const& c, Sink& to) const
{
    auto const nominates = c.head.has(known::connection);
    auto const nominated = nominates ? nominations::of(c.head.fields()) : std::optional{nominations{}};
    if (!nominated) return client_error(errc::bad_request, "Connection nominates too many fields");
    writer<Sink> w{*this, c, to};
    w.start();
    w.client_fields(*nominated);
    w.forwarding_fields();
    if (auto written = w.identity_fields(); !written) return written.error();
    w.end();
    return composed{w.signs_in()};
}

template result<composed> header_plan::apply(composition const&, http1_head_sink&) const;
template result<composed> header_plan::apply(composition const&, http2_head_sink&) const;
template result<composed> header_plan::apply(composition const&, recorded_head&) const;

} // namespace yett::upstream
