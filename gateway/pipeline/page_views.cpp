#include "gateway/accounts/desk.hpp"
#include "gateway/accounts/verify_email.hpp"
#include "gateway/http/form.hpp"
#include "gateway/pipeline/auth_fields.hpp"
#include "gateway/pipeline/page_form.hpp"
#include "gateway/pipeline/page_replies.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request/return_address.hpp"

#include <algorithm>

namespace yett::pipeline {

bool needs_links(std::string_view target) noexcept
{
    constexpr std::string_view targets[] = {"mail_page", "reset_page", "verify_link", "reset_link", "email_link", "undo_link"};
    return std::ranges::find(targets, target) != std::ranges::end(targets);
}

namespace {

std::string asked_for(auth_endpoints::call const& c, std::string_view name)
{
    return http::form_value(c.ex.where().query(), name).value_or(std::string{});
}

} // namespace

task<result<http::reply>> page_endpoints::show(std::string_view target, auth_endpoints::call& c)
{
    using pages::page;
    if (!parts_.look.links && needs_links(target)) co_return errc::no_such_route;
    if (target == "front") co_return co_await lead_in(c);
    if (target == "login_page") co_return co_await show_login(c);
    if (target == "logout_page") co_return show_form("logout", page::logout, c);
    if (target == "register_page") co_return show_form("register", page_for_newcomers(c.ex.where().query()), c);
    if (target == "reset_page") co_return show_form("reset_request", page::reset, c);
    if (target == "verify_link" || target == "reset_link") co_return co_await show_link(target, c);
    if (target == "email_link" || target == "undo_link") co_return co_await show_address_link(target, c);
    if (target == "account_page") co_return co_await show_account(c);
    if (target != "mail_page") co_return our_error(errc::internal, "no such page: " + std::string{target});
    if (asked_for(c, "for") == "reset") co_return show_form("reset_request", page::mail_reset, c);
    co_return show_form("resend", page::mail_verify, c);
}

// Whoever is signed in goes on at once, unless somebody wants to know that it is them.
task<result<http::reply>> page_endpoints::show_login(auth_endpoints::call& c)
{
    auto const there = co_await parts_.endpoints.look_at_session(c);
    if (!there.live || view_for(c).confirm) co_return show_form("login", pages::page::login, c, there.email);
    auto on = see_other(waiting_or(next_in(asked_for(c, "next")), parts_.look.home, c));
    for (auto& each : waiting_.forget(c.ex.request())) on.fields.emplace_back("Set-Cookie", std::move(each));
    co_return on;
}

task<result<http::reply>> page_endpoints::lead_in(auth_endpoints::call& c)
{
    auto const there = co_await parts_.endpoints.look_at_session(c);
    auto const at = std::string{prefix_of(c.ex.where().path())};
    co_return see_other(at + (there.live ? "/account" : "/login"));
}

// A link that is none any more is told before anybody fills in a form.
task<result<http::reply>> page_endpoints::show_link(std::string_view target, auth_endpoints::call& c)
{
    auto const verifies = target == "verify_link";
    auto const purpose = verifies ? accounts::link_purpose::verify_address : accounts::link_purpose::reset_password;
    auto const good = co_await accounts::check_link(parts_.desk, token_in(c.ex.where()), purpose, parts_.desk.now());
    if (good)
        co_return verifies ? show_form("verify", pages::page::verify, c) : show_form("reset_confirm", pages::page::choose, c);
    if (good.error().from() != origin::client) co_return good.error();
    auto const done_before = co_await explain_link(purpose, token_in(c.ex.where()), c);
    if (done_before) co_return page_reply(*c.context.reported.page);
    co_return good.error();
}

task<result<http::reply>> page_endpoints::show_address_link(std::string_view target, auth_endpoints::call& c)
{
    auto const moves = target == "email_link";
    auto const purpose = moves ? accounts::link_purpose::change_address : accounts::link_purpose::undo_change;
    auto const good = co_await accounts::check_link(parts_.desk, token_in(c.ex.where()), purpose, parts_.desk.now());
    if (!good) {
        if (good.error().from() == origin::client)
            c.context.reported.page = book_.write(pages::page::link_dead_address, view_for(c));
        co_return good.error();
    }
    co_return moves ? show_form("email_confirm", pages::page::move, c) : show_form("email_undo", pages::page::undo_move, c);
}

// Leaves the page about a link that does not serve in the context. True when it did what it was
// for before: then nothing is wrong.
task<bool> page_endpoints::explain_link(accounts::link_purpose purpose, secret token, auth_endpoints::call& c)
{
    using pages::page;
    auto const verifies = purpose == accounts::link_purpose::verify_address;
    auto before = false;
    if (verifies) before = co_await accounts::was_confirmed(parts_.desk, std::move(token), parts_.desk.now());
    auto const which = before ? page::verified_before : verifies ? page::link_dead_verify : page::link_dead_reset;
    c.context.reported.page = book_.write(which, view_for(c));
    co_return before;
}

// Who has been invited may come in, also where the door is not open to everybody.
pages::page page_endpoints::page_for_newcomers(std::string_view query) const
{
    auto const invited = !http::form_value(query, "invitation").value_or(std::string{}).empty();
    return parts_.look.registration || invited ? pages::page::register_ : pages::page::register_closed;
}

result<http::reply> page_endpoints::show_form(std::string_view target, pages::page which, auth_endpoints::call& c,
                                              std::string_view email)
{
    auto const next = next_in(asked_for(c, "next"));
    auto const notice = asked_for(c, "notice");
    auto const invitation = asked_for(c, "invitation");
    auto const token = token_for(*form_named(target), c);
    if (!token) return token.error();
    auto v = view_for(c);
    v.form_token = *token;
    v.next = next;
    v.notice = notice;
    v.email = email;
    v.link_token = which == pages::page::register_ ? std::string_view{invitation} : last_segment(c.ex.where().path());
    return page_reply(book_.write(which, v));
}

result<http::reply> page_endpoints::send_asset(auth_endpoints::call const& c) const
{
    auto const* file = book_.find_asset(last_segment(c.ex.where().path()));
    if (!file) return errc::no_such_route;
    http::reply r;
    r.fields = {{"Content-Type", file->media_type},
                {"Cache-Control", "public, max-age=31536000, immutable"},
                {"X-Content-Type-Options", "nosniff"},
                // An SVG opened on its own is a document of our origin.
                {"Content-Security-Policy", "default-src 'none'; sandbox"},
                {"Cross-Origin-Resource-Policy", "same-origin"}};
    r.body = file->bytes;
    return r;
}

// The address that waits is looked at once more: the key that signed it proves who wrote it, not
// that it leads to a page of this site.
std::string page_endpoints::waiting_or(std::string_view next, std::string_view otherwise, auth_endpoints::call const& c) const
{
    if (next.empty()) return std::string{otherwise};
    if (next != waiting_word) return std::string{next};
    auto const kept = waiting_.find(c.ex.request(), c.context.asked.now);
    return return_address(kept.value_or(std::string{}), otherwise, longest_waiting);
}

} // namespace yett::pipeline
