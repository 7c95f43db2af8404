#include "gateway/pages/page_renderer.hpp"

#include "gateway/base/text/rfc3339.hpp"
#include "gateway/pages/stylesheet.hpp"
#include "gateway/pages/template_text.hpp"
#include "gateway/pages/texts.hpp"
#include "gateway/pages/wording.hpp"

#include <fmt/format.h>
#include <kainjow/mustache.hpp>

#include <algorithm>
#include <array>
#include <map>

// Pages are templates without logic, filled with texts of one language and a few values. Everything
// that a value holds is escaped by the library (two braces); no template writes a value as it is,
// and check_words.py looks that none begins to. Scripts and styles inside of a page are forbidden
// by its policy, so even what slipped through would not run.
//
// Templates are parsed once for each worker, and what all pages of a language share is put beside a
// page's own values instead of copied (`context`). The library keeps state while it renders, hence
// a renderer belongs to one thread.
//
// `data` of an empty text counts as there. Where a template asks whether something is there at all,
// the value is not set.

namespace yett::pages {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;

// What makes one page out of its template.
struct design
{
    std::string_view file;
    std::string_view title;       // key of a text
    std::string_view lead{};      // key of a text, where the template wants one
    std::string_view way{};       // key of what the button says
    std::string_view way_to{};    // below the prefix
    std::string_view action{};    // where the form goes, below the prefix
    std::string_view email_use{}; // autocomplete of the address
};

design design_of(page which) noexcept
{
    switch (which) {
    case page::login: return {.file = "login.html", .title = "login_title", .email_use = "username"};
    case page::register_: return {.file = "register.html", .title = "register_title", .email_use = "username"};
    case page::register_closed: return {.file = "message.html", .title = "register_closed_title", .lead = "register_closed"};
    case page::mail_verify:
        return {
            .file = "mail.html", .title = "mail_title", .lead = "mail_verify", .action = "verify/resend", .email_use = "email"};
    case page::mail_reset:
        return {
            .file = "mail.html", .title = "mail_title", .lead = "mail_reset", .action = "reset-request", .email_use = "email"};
    case page::verify: return {.file = "verify.html", .title = "verify_title"};
    case page::reset: return {.file = "reset.html", .title = "reset_title", .email_use = "email"};
    case page::choose: return {.file = "choose.html", .title = "choose_title"};
    case page::link_dead_verify:
        return {.file = "message.html",
                .title = "link_dead_title",
                .lead = "link_dead",
                .way = "link_dead_verify",
                .way_to = "/check-mail"};
    case page::link_dead_reset:
        return {.file = "message.html",
                .title = "link_dead_title",
                .lead = "link_dead",
                .way = "link_dead_reset",
                .way_to = "/reset"};
    case page::verified_before:
        return {.file = "message.html",
                .title = "verified_before_title",
                .lead = "verified_before",
                .way = "login_do",
                .way_to = "/login"};
    case page::logout: return {.file = "logout.html", .title = "logout_title"};
    case page::move:
        return {.file = "follow.html", .title = "move_title", .lead = "move_text", .way = "move_do", .action = "email/confirm"};
    case page::undo_move:
        return {.file = "follow.html", .title = "undo_title", .lead = "undo_text", .way = "undo_do", .action = "email/undo"};
    case page::link_dead_address:
        return {.file = "message.html",
                .title = "link_dead_title",
                .lead = "link_dead",
                .way = "link_dead_address",
                .way_to = "/account"};
    }
    return {};
}

constexpr std::array files{"login.html",  "register.html", "message.html", "mail.html",   "verify.html", "reset.html",
                           "choose.html", "account.html",  "failure.html", "logout.html", "follow.html"};

std::string text_or(std::string_view key, std::string_view otherwise, language l)
{
    auto const found = text_of(key, l);
    return std::string{found.empty() ? text_of(otherwise, l) : found};
}

// RFC 3986 section 2.3: what is not unreserved is escaped.
std::string query_escaped(std::string_view value)
{
    std::string out;
    for (char const c : value) {
        auto const byte = static_cast<unsigned char>(c);
        bool const plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view{"-._~/"}.find(c) != std::string_view::npos;
        if (plain) out += c;
        else out += fmt::format("%{:02X}", byte);
    }
    return out;
}

// A message for one field: its own words in English, the words for its code elsewhere.
std::string words_of(field_message const& m, language l)
{
    auto const own = l == language::english && m.code == "password_weak" && !m.message.empty();
    return own ? std::string{m.message} : text_or("wrong_" + std::string{m.code}, "wrong_other", l);
}

std::string label_of(std::string_view field, language l)
{
    return std::string{text_of(field == "current_password" ? std::string_view{"account_current"} : field, l)};
}

std::string limited(seconds wait, language l)
{
    return fmt::format(fmt::runtime(text_of("wrong_rate_limited", l)), wait_of(wait, l));
}

std::string alert_of(view const& v)
{
    if (v.alert.empty()) return {};
    if (v.alert == "rate_limited") return limited(v.wait, v.in);
    return text_or("wrong_" + std::string{v.alert}, "wrong_other", v.in);
}

// A field that has no label is none of the page's: its message would point nowhere.
void set_problem(data& d, view const& v)
{
    data list{data::type::list};
    for (auto const& each : v.wrong) {
        auto const label = label_of(each.field, v.in);
        if (label.empty()) continue;
        auto const words = words_of(each, v.in);
        data one;
        one.set("field", std::string{each.field});
        one.set("label", label);
        one.set("message", words);
        list.push_back(one);
        d.set(std::string{each.field} + "_error", words);
    }
    auto const has_wrong = list.is_non_empty_list();
    d.set("has_problem", data{!v.alert.empty() || has_wrong});
    d.set("has_wrong", data{has_wrong});
    d.set("wrong", list);
    if (!v.alert.empty()) d.set("alert", alert_of(v));
    d.set("offer_mail", data{v.alert == "email_not_verified"});
}

// Where the login leads, as people read it: without what a query adds.
std::string destination_of(view const& v)
{
    constexpr std::size_t longest = 80;
    if (!v.next.starts_with('/') || v.host.empty()) return {};
    auto where = std::string{v.host}.append(v.next.substr(0, v.next.find('?')));
    if (where.ends_with('/')) where.pop_back();
    return where.size() > longest ? where.substr(0, longest) + "…" : where;
}

void set_view(data& d, view const& v)
{
    d.set("prefix", std::string{v.prefix});
    d.set("form_token", std::string{v.form_token});
    // An empty text is there to the library, and a section of it would be written.
    if (!v.link_token.empty()) d.set("link_token", std::string{v.link_token});
    d.set("email", std::string{v.email});
    d.set("next", std::string{v.next});
    d.set("next_query", v.next.empty() ? std::string{} : "?next=" + query_escaped(v.next));
    if (auto const where = destination_of(v); !where.empty()) d.set("destination", where);
    d.set("confirm", data{v.confirm});
    set_problem(d, v);
    if (auto const notice = text_of("notice_" + std::string{v.notice}, v.in); !notice.empty())
        d.set("notice", std::string{notice});
}

void set_way(data& d, std::string const& text, std::string const& href)
{
    d.set("way", text);
    d.set("way_href", href);
}

data line_of(session_line const& s, wall_time now, language l)
{
    data line;
    line.set("id", s.id);
    line.set("device", s.device.empty() ? std::string{text_of("device_unknown", l)} : s.device);
    line.set("address", s.address);
    line.set("seen", ago(std::chrono::floor<seconds>(now - s.last_seen), l));
    line.set("seen_at", rfc3339(s.last_seen));
    line.set("since", date_of(s.created_at, l));
    line.set("since_at", rfc3339(s.created_at));
    line.set("current", data{s.current});
    return line;
}

data line_of(key_line const& k, wall_time now, language l)
{
    data line;
    line.set("id", k.id);
    line.set("name", k.name);
    if (!k.scopes.empty()) line.set("reach", k.scopes);
    line.set("since", date_of(k.created_at, l));
    line.set("since_at", rfc3339(k.created_at));
    line.set("used",
             k.last_used ? ago(std::chrono::floor<seconds>(now - *k.last_used), l) : std::string{text_of("key_never_used", l)});
    if (k.expires_at) line.set("until", date_of(*k.expires_at, l));
    return line;
}

// Each scope alone, and all of them; a form says several in one.
data scope_choices(std::span<std::string const> scopes)
{
    data list{data::type::list};
    std::string all;
    for (auto const& each : scopes) {
        list.push_back(data{"scope", each});
        all.append(all.empty() ? "" : " ").append(each);
    }
    if (scopes.size() > 1) list.push_back(data{"scope", all});
    return list;
}

void set_keys(data& d, account_view const& a, language l)
{
    data lines{data::type::list};
    for (auto const& each : a.keys) lines.push_back(line_of(each, a.now, l));
    d.set("keys", lines);
    d.set("has_keys", data{!a.keys.empty()});
    d.set("makes_keys", data{a.makes_keys});
    d.set("offers_keys", data{a.makes_keys || !a.keys.empty()});
    d.set("offers_scopes", data{!a.scopes.empty()});
    d.set("scopes", scope_choices(a.scopes));
    if (!a.new_key.empty()) d.set("new_key", std::string{a.new_key});
}

// The texts for a status; those that have none of their own share one with their class.
std::string error_key(unsigned status)
{
    auto key = fmt::format("error_{}", status);
    if (!text_of(key, language::english).empty()) return key;
    return status < 500 ? "error_4xx" : "error_5xx";
}

// What is worth another try later, at the same address.
bool passes_by(unsigned status)
{
    return status == 429 || (status >= 502 && status <= 504);
}

} // namespace

// The templates, parsed, and what all pages of one language have in common.
struct page_renderer::template_cache
{
    std::map<std::string_view, mustache> templates;
    std::map<language, data> common;

    std::string print(std::string_view file, data const& own, language l)
    {
        kainjow::mustache::context<std::string> context{&common.at(l)};
        context.push(&own);
        return templates.at(file).render(context);
    }
};

page_renderer::page_renderer(branding l) : branding_{std::move(l)}, template_cache_{std::make_unique<template_cache>()}
{
    auto const below = branding_.prefix + "/assets/";
    auto const style = assets_.add("style", "css", {{}, "text/css; charset=utf-8", stylesheet_in(branding_.colour)});
    auto const icon = assets_.add("icon", "svg", {{}, "image/svg+xml", icon_in(branding_.colour)});
    std::string logo;
    if (!branding_.logo.empty())
        logo = below + assets_.add("logo", branding_.logo_ending,
                                   {{}, std::string{media_type_of(branding_.logo_ending)}, branding_.logo});

    for (auto const* file : files) template_cache_->templates.emplace(file, template_text(file));
    for (auto const each : {language::english, language::german}) {
        data words;
        for (auto const& text : texts()) words.set(std::string{text.key}, std::string{text.in(each)});
        data common;
        common.set("t", words);
        common.set("lang", std::string{tag_of(each)});
        common.set("brand", branding_.brand);
        common.set("style", below + style);
        common.set("icon", below + icon);
        if (!logo.empty()) common.set("logo", logo);
        common.set("home", branding_.home);
        common.set("registration", data{branding_.registration});
        common.set("login", data{branding_.login});
        common.set("links", data{branding_.links});
        common.set("remember", data{branding_.remember});
        common.set("password_hint", fmt::format(fmt::runtime(text_of("password_hint", each)), branding_.min_password));
        template_cache_->common.emplace(each, common);
    }
}

page_renderer::~page_renderer() = default;

std::string page_renderer::write(page which, view const& v)
{
    auto const shape = design_of(which);
    data own;
    set_view(own, v);
    auto const title = v.confirm && which == page::login ? std::string_view{"confirm_title"} : shape.title;
    own.set("title", std::string{text_of(title, v.in)});
    own.set("lead", std::string{text_of(shape.lead, v.in)});
    own.set("action", std::string{shape.action});
    own.set("email_use", std::string{shape.email_use});
    auto const leads_somewhere = !shape.way.empty() && (branding_.login || shape.way_to != "/login");
    if (leads_somewhere) set_way(own, std::string{text_of(shape.way, v.in)}, std::string{v.prefix}.append(shape.way_to));
    return template_cache_->print(shape.file, own, v.in);
}

std::string page_renderer::write_account(view const& v, account_view const& a)
{
    data own;
    set_view(own, v);
    own.set("title", std::string{text_of("account_title", v.in)});
    own.set("shape", "wide");
    own.set("email", std::string{a.email});
    data lines{data::type::list};
    for (auto const& each : a.sessions) lines.push_back(line_of(each, a.now, v.in));
    own.set("sessions", lines);
    set_keys(own, a, v.in);
    own.set("self_delete", data{a.self_delete});
    if (!a.next.empty()) own.set("next_page", std::string{a.next});
    own.set("others", data{std::ranges::any_of(a.sessions, [](auto const& s) { return !s.current; })});
    return template_cache_->print("account.html", own, v.in);
}

std::string page_renderer::write_failure(failure const& f)
{
    auto const key = error_key(f.status);
    data own;
    own.set("title", std::string{text_of(key + "_title", f.in)});
    auto const waits = f.status == 429 && f.wait.count() > 0;
    own.set("lead", waits ? limited(f.wait, f.in) : std::string{text_of(key, f.in)});
    own.set("status", std::to_string(f.status));
    if (!f.request_id.empty()) own.set("request_id", std::string{f.request_id});
    if (f.status == 401 && branding_.login)
        set_way(own, std::string{text_of("login_do", f.in)}, branding_.prefix + (f.confirm ? "/login?confirm=1" : "/login"));
    else if (passes_by(f.status) && !f.again.empty()) set_way(own, std::string{text_of("try_again", f.in)}, std::string{f.again});
    else if (f.status == 403 || f.status == 404) set_way(own, std::string{text_of("go_home", f.in)}, branding_.home);
    return template_cache_->print("failure.html", own, f.in);
}

std::string_view page_renderer::security_policy() noexcept
{
    return "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
}

} // namespace yett::pages
