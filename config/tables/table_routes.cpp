#include "config/tables/table.hpp"
#include "config/values/access_header.hpp"

// Keys of `routes`. They are read into `policies::route_spec` as it is, since that is what rules
// are compiled from; what a path or a host may look like and whether an earlier rule takes
// everything is complained about by `policies::compile`, which knows the patterns. Here stands what
// is about the text of the file alone.
//
// `access` is the one setting with a shape of its own: a word, or a mapping with a single
// condition, whose parts may be conditions again. It is read by a function of its own
// (`read_access`) and therefore describes itself, too, for the reference.

namespace yett::config {
namespace {

using policies::access_spec;
using policies::match_spec;
using policies::route_spec;
using kind = access_spec::kind;

struct condition
{
    std::string_view name;
    kind is;
};

constexpr std::array lists{condition{"roles", kind::roles}, condition{"scopes", kind::scopes}, condition{"users", kind::users},
                           condition{"emails", kind::emails}, condition{"certificates", kind::certificates}};
constexpr std::array groups{condition{"any_of", kind::any_of}, condition{"all_of", kind::all_of}};

constexpr std::string_view allowed_access =
    "public, optional, authenticated, or a mapping with one of roles, scopes, users, emails, networks, certificates, any_of, "
    "all_of, and recent_login";

result<kind> parse_plain_access(std::string_view text)
{
    if (text == "public") return kind::public_;
    if (text == "optional") return kind::optional;
    if (text == "authenticated") return kind::authenticated;
    return wrong(fmt::format("is unknown; allowed: {}", allowed_access));
}

// How deep conditions nest is bounded by how deep a document may (`most_levels` in document.cpp).
access_spec read_access(reading& r, spot const& at);

void read_words(reading& r, spot const& at, access_spec& into)
{
    for (auto const& one : detail::elements_of(r, at, false))
        if (auto got = detail::read_value(r, one, text())) into.values.push_back(std::move(*got));
}

void read_networks(reading& r, spot const& at, access_spec& into)
{
    for (auto const& one : detail::elements_of(r, at, false))
        if (auto const got = detail::read_value(r, one, range())) into.networks.push_back(*got);
}

void read_parts(reading& r, spot const& at, access_spec& into)
{
    for (auto const& one : detail::elements_of(r, at, false)) into.parts.push_back(read_access(r, one));
}

// Takes the one condition a mapping may hold.
void read_condition(reading& r, spot const& at, std::map<std::string, node const*> const& members, access_spec& into)
{
    auto found = 0;
    auto const take = [&](condition const& c, auto read) {
        auto const member = members.find(std::string{c.name});
        if (member == members.end()) return;
        if (++found > 1)
            return r.complain(member->second->key_at, detail::path_of(at, c.name),
                              "stands beside another condition; all_of or any_of combines several");
        into.is = c.is;
        read(r, at.member(*member->second), into);
    };
    for (auto const& c : lists) take(c, read_words);
    take({"networks", kind::networks}, read_networks);
    for (auto const& c : groups) take(c, read_parts);
    auto const all_known = members.size() == at.value->children.size();
    if (found == 0 && !members.contains("recent_login") && all_known)
        r.complain(at, fmt::format("holds no condition; allowed: {}", allowed_access));
}

// `recent_login` stands beside a condition or alone; alone it asks for anybody who signed in
// lately.
access_spec read_access_mapping(reading& r, spot const& at)
{
    static std::vector<std::string> const known{"roles",        "scopes", "users",  "emails",      "networks",
                                                "certificates", "any_of", "all_of", "recent_login"};
    access_spec out;
    auto const members = detail::members_of(r, at, &known);
    read_condition(r, at, members, out);
    if (auto const recent = members.find("recent_login"); recent != members.end())
        out.recent_login =
            detail::read_value(r, at.member(*recent->second), duration<seconds>(seconds{1}, std::chrono::days{365}));
    return out;
}

access_spec read_access(reading& r, spot const& at)
{
    r.note(at.path, {at.value->at, {}, {}, true});
    if (at.value->is == node::kind::mapping) return read_access_mapping(r, at);
    access_spec out;
    if (at.value->is != node::kind::scalar) r.complain(at, fmt::format("is no condition; allowed: {}", allowed_access));
    else if (auto const got = detail::read_value<kind>(r, at, {"word", {}, parse_plain_access, {}})) out.is = *got;
    return out;
}

key<route_spec> access_key()
{
    auto const read = [](reading& r, spot const& at, route_spec& into) { into.access = read_access(r, at); };
    auto const describe = [](route_spec const&, std::string const& path, std::vector<row>& out) {
        out.push_back(
            {path,
             "word or mapping",
             {},
             std::string{allowed_access},
             "Who may pass. `roles`, `users` and `emails` want one of their list, `scopes` all of it; emails are exact or "
             "*@domain. `networks` are CIDR blocks and addresses of clients, as `trusted_proxies` tell them: alone it lets in "
             "without looking at a credential, as `public` does, and beside others in `any_of` whoever brings none. "
             "`certificates` are names in the certificate that the client showed: URIs (`*` is one segment of the path, `/**` at the "
             "end all below), DNS names (`*.internal`), addresses (`*@example.com`), or `*` for any; alone it wants no token."});
        out.push_back({path + ".recent_login", "duration", "null", "1s to 365d",
                       "Signed in at most so long ago, by the token's `auth_time`; a token without one is refused."});
    };
    return {"access", true, read, {}, describe};
}

section<match_spec> const& match_keys()
{
    static section<match_spec> const keys{
        {
            value("host", &match_spec::host, nullable(text()), "A host, or *. before one; null matches every host."),
            required(value("path", &match_spec::path, text(),
                           "A path; {name} stands for one segment, /** at the end for everything below.")),
            values("methods", &match_spec::methods, text(), emptiness::refused,
                   "Methods, in the case they are sent in: any word but CONNECT and TRACE. Not given matches the usual ones: "
                   "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS and WebDAV's PROPFIND, PROPPATCH, MKCOL, COPY, MOVE, LOCK, "
                   "UNLOCK, REPORT, SEARCH."),
            value("case", &match_spec::any_case, one_of<bool>({{"sensitive", false}, {"insensitive", true}}),
                  "How `path` is compared. `insensitive` is for applications that take /ADMIN for /admin; letters beyond ASCII "
                  "keep their case."),
        },
        {},
    };
    return keys;
}

key<route_spec> match_key()
{
    auto of = part("match", &route_spec::match, match_keys());
    of.required = true;
    return of;
}

// `websocket: {}` means something and its absence something else, so it is no optional part of
// plain values: whoever writes the key gets the defaults.
key<route_spec> websocket_key()
{
    using policies::websocket_spec;
    static section<websocket_spec> const keys{
        {
            values("allowed_origins", &websocket_spec::allowed_origins, text_of("origin", parse_page_origin), emptiness::refused,
                   "Whose pages may open one, nobody else's then; not given: the pages of the site itself. Origins by name, "
                   "those of shells, too (`capacitor://localhost`), and `\"null\"`, `\"file://\"` and `\"*\"`: what only these "
                   "three admit is never authenticated by a cookie or by Basic, but for the site itself beside `\"*\"`."),
            value("idle_timeout", &websocket_spec::idle_timeout, duration<seconds>(seconds{1}, std::chrono::days{7}),
                  "Without a byte in either direction."),
            value("token_by_protocol", &websocket_spec::token_by_protocol, {"boolean", {}, parse_boolean, show_boolean},
                  "The access token may come as the subprotocol `yett.bearer.TOKEN`, which is taken out."),
        },
        {}};
    auto const read = [](reading& r, spot const& at, route_spec& into) {
        into.websocket.emplace();
        read_section(r, at, *into.websocket, keys);
    };
    auto const describe = [](route_spec const&, std::string const& path, std::vector<row>& out) {
        out.push_back(
            {path, "mapping", "null", {}, "Lets WebSocket connections through; `{}` does so for the site's own pages."});
        describe_section({}, path, keys, out);
    };
    return {"websocket", false, read, {}, describe};
}

// Names to literal texts.
key<policies::field_change_spec> set_key(std::string about)
{
    using policies::field_change_spec;
    auto const read = [](reading& r, spot const& at, field_change_spec& into) {
        if (!detail::is_mapping(r, at)) return;
        r.note(at.path, {at.value->at, {}, {}, true});
        for (auto const& [name, child] : detail::members_of(r, at, nullptr))
            if (auto got = detail::read_value(r, at.member(*child), nullable(text())))
                into.set.emplace_back(name, std::move(*got));
    };
    auto const describe = [about = std::move(about)](field_change_spec const&, std::string const& path, std::vector<row>& out) {
        out.push_back({path, "texts by name", "{}", {}, about});
    };
    return {"set", false, read, {}, describe};
}

section<policies::header_spec> const& header_keys()
{
    using policies::header_spec;
    static section<header_spec> const keys{
        {
            values("pass", &header_spec::pass, text(), emptiness::allowed,
                   "Names that are dropped else, as X-HTTP-Method-Override or my_header; in this spelling alone."),
            set_key("Fields with this text, in place of what clients send of them."),
            values("remove", &header_spec::remove, text(), emptiness::allowed,
                   "Names that the application is not told of, in every spelling."),
        },
        [](reading& r, spot const& at, header_spec& headers) { headers.place = r.place(at.value->at); },
    };
    return keys;
}

section<policies::field_change_spec> const& response_header_keys()
{
    using policies::field_change_spec;
    static section<field_change_spec> const keys{
        {
            set_key("Fields of replies under this rule, the application's and the rule's own, in place of what is there. None of "
                    "framing, no Set-Cookie."),
            values("remove", &field_change_spec::remove, text(), emptiness::allowed, "Names that clients are not told of."),
        },
        [](reading& r, spot const& at, field_change_spec& headers) { headers.place = r.place(at.value->at); },
    };
    return keys;
}

codec<bool> reject_or_allow()
{
    return one_of<bool>({{"reject", false}, {"allow", true}});
}

// What already means something else cannot bring a token as well.
result<std::string> parse_access_header(std::string_view text)
{
    auto const name = parse_header_name(text);
    if (!name) return name.error();
    if (!may_bring_token(*name)) return wrong("is not a header that could bring an access token");
    return *name;
}

constexpr std::string_view answers = "a rule has one of upstream, redirect and respond";

// One of three, and which of them it is.
void choose_answer(reading& r, spot const& at, route_spec& one)
{
    auto const has_upstream = !one.target.empty() || r.has_complaint_at(at.path + ".upstream");
    if (one.redirect) one.to = policies::destination::redirect;
    else if (one.respond) one.to = policies::destination::respond;
    if (one.redirect && has_upstream) r.complain_at(at.path + ".redirect", fmt::format("stands beside upstream; {}", answers));
    if (one.respond && (has_upstream || one.redirect))
        r.complain_at(at.path + ".respond", fmt::format("stands beside {}; {}", has_upstream ? "upstream" : "redirect", answers));
    if (!has_upstream && !one.redirect && !one.respond)
        r.complain(at.value->at, at.path + ".upstream", fmt::format("is missing; {}", answers));
}

// What is about an application means nothing where none is asked, and whoever wrote it believes something else.
void complain_without_upstream(reading& r, spot const& at, route_spec const& one)
{
    auto const complain = [&](bool is_there, std::string_view key) {
        if (is_there) r.complain_at(fmt::format("{}.{}", at.path, key), "is about an application, and the rule has no upstream");
    };
    complain(one.rewrite.has_value(), "rewrite");
    complain(one.websocket.has_value(), "websocket");
    complain(!one.request_headers.empty(), "request_headers");
    complain(one.forward_credentials, "forward_credentials");
    complain(one.stream, "stream");
    complain(one.cors && one.cors->preflights == policies::cors_spec::preflight::forward, "cors.preflight");
}

void finish_route(reading& r, spot const& at, route_spec& one)
{
    one.place = r.place(at.value->at);
    choose_answer(r, at, one);
    if (one.to != policies::destination::upstream) complain_without_upstream(r, at, one);
}

} // namespace

section<policies::route_spec> const& route_keys()
{
    using route = route_spec;
    using policies::challenge;
    using policies::enforcement;
    static section<route> const keys{
        {
            required(value("name", &route::name, text(), "What logs, metrics and complaints call it; each only once.")),
            match_key(),
            access_key(),
            value("upstream", &route::target, nullable(text()),
                  "Who gets what passes. A rule has exactly one of `upstream`, `redirect` and `respond`."),
            optional_part("redirect", &route::redirect, redirect_keys(), "Sends what passes to another address."),
            optional_part("respond", &route::respond, respond_keys(), "Answers what passes, to the letter."),
            values("limits", &route::limits, text(), emptiness::allowed,
                   "Names of `limits`, at most 8, spent in this order; those that count users or tokens after all "
                   "others."),
            maybe("body_bytes", &route::body_bytes, size(0, 1ull << 40), "Instead of `client_limits.body_bytes`; 0 is no limit."),
            value("encoded_slash", &route::encoded_slash_allowed, reject_or_allow(),
                  "What happens to %2F in paths; allowed ones stay encoded in matching and forwarding alike."),
            value("stream", &route::stream, boolean(),
                  "Bodies may take their time and pass as they come: `client_limits.least_rate` and `upload_buffer` do not "
                  "count."),
            value(
                "paths", &route::lenient_paths, one_of<bool>({{"strict", false}, {"lenient", true}}),
                "Whether `//`, `;`, %5C and UTF-8 that is not escaped may stand in paths. Servers read these in different ways: "
                "with `lenient` a path is forwarded as it came if every way of reading it leads to this rule."),
            value("double_encoding", &route::double_encoding_allowed, one_of<bool>({{"judge", false}, {"allow", true}}),
                  "What happens to %25 in front of two hexadecimal digits. `judge` forwards it if the path decoded again leads "
                  "to this rule, too; `allow` is for applications that decode once and no more."),
            websocket_key(),
            optional_part("rewrite", &route::rewrite, rewrite_keys(),
                          "What the application is asked for instead of the path of the request; rules, limits and logs see that "
                          "one. The query stays. An outcome that does not begin with exactly one slash, holds dot segments, or is "
                          "nothing that the rule lets in, is 500 and a line in the log."),
            part("request_headers", &route::request_headers, header_keys()),
            part("response_headers", &route::response_headers, response_header_keys()),
            optional_part("cors", &route::cors, cors_keys(),
                          "What pages of other sites may do (CORS); not given: the application says it itself. Where it is "
                          "given, the application's own fields are replaced."),
            value("challenge", &route::challenge, one_of<challenge>({{"bearer", challenge::bearer}, {"basic", challenge::basic}}),
                  "How a 401 asks for a credential; `basic` also takes an API key as the password of Basic, for git, curl -u and "
                  "their like."),
            value("access_header", &route::access_header, nullable(text_of("header name", parse_access_header)),
                  "The header that brings the access token, instead of Authorization, which is then the application's own."),
            value("forward_credentials", &route::forward_credentials, {"boolean", {}, parse_boolean, show_boolean},
                  "The access token that came as a Bearer and was proved goes on to the application, nothing else does."),
            value("mode", &route::mode,
                  one_of<enforcement>({{"enforce", enforcement::enforce}, {"report_only", enforcement::report_only}}),
                  "report_only decides, logs and counts, and lets through what `access` would refuse; a credential "
                  "that does not hold, and limits, are refused all the same."),
        },
        finish_route,
    };
    return keys;
}

} // namespace yett::config
