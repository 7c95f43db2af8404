#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/pages/assets.hpp"
#include "gateway/pages/branding.hpp"
#include "gateway/pages/language.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yett::pages {

// Which page; each has a template, a title and a way on (see the source). The account page and
// error pages have functions of their own, since they show more than a view.
enum class page : std::uint8_t
{
    login,
    register_,
    register_closed,
    mail_verify, // "look in your mail"
    mail_reset,
    verify,
    reset,  // ask for a link
    choose, // a new password
    link_dead_verify,
    link_dead_reset,
    verified_before, // a link that did its work already
    logout,
    move, // a new address
    undo_move,
    link_dead_address,
};

// Something to say about one field of the form.
//
// A page shows it beside the field of that name, and nothing where it has none.
struct field_message
{
    std::string_view field;     // "email", "password", "current_password", "new_password"
    std::string_view code;      // "required", "email_invalid", "password_weak", ...
    std::string_view message{}; // in English; other languages have one text for each code
};

// What a page shows beside its own text. Everything here may come from a client: it is
// escaped where it is written.
struct view
{
    language in = language::english;
    // Forms and links of the page lead there again.
    std::string_view prefix = "/auth"; // the one this page was asked below
    std::string_view form_token{};
    std::string_view link_token{}; // from a mail; on the page for newcomers their invitation
    std::string_view email{};      // as typed before
    std::string_view next{};       // where a login leads, checked by the caller
    std::string_view host{};       // of this site, to say where that is
    bool confirm = false;          // somebody is signed in and says once more that it is them
    std::string_view notice{};     // good news by name ("verified"); unknown names say nothing
    std::string_view alert{};      // what is wrong as a whole, by the code of the error
    seconds wait{0};               // for "rate_limited"
    std::span<field_message const> wrong{};
};

// One line of "where you are logged in".
struct session_line
{
    std::string id;
    std::string device; // in words; empty when unknown
    std::string address;
    wall_time created_at{};
    wall_time last_seen{};
    bool current = false;
};

// One API key of the account.
struct key_line
{
    std::string id;
    std::string name;
    std::string scopes; // blanks between them
    wall_time created_at{};
    std::optional<wall_time> last_used;
    std::optional<wall_time> expires_at;
};

// What the account page shows: sessions and keys, as many of them as fit on it.
struct account_view
{
    std::string_view email;
    std::span<session_line const> sessions;
    wall_time now{};
    std::span<key_line const> keys{};
    std::string_view new_key{};            // one that was just made, in full
    bool makes_keys = false;               // whether the form for another is shown
    std::span<std::string const> scopes{}; // that a key can be given
    std::string_view next{};               // the last of these sessions, when there are more
    bool self_delete = false;              // whether the account can be removed here
};

// What an error page tells: nothing of the reason but its class, and where to go from there.
struct failure
{
    language in = language::english;
    unsigned status = 500;
    std::string_view request_id{};
    seconds wait{0};          // for 429, when it is known
    std::string_view again{}; // the address to try once more, where that changes nothing
    bool confirm = false;     // of 401: somebody is signed in and has to say once more that it is them
};

// All the HTML that people see. Whole documents without script and without a style of their
// own, in one language each, under 20 KiB together with the stylesheet and the icon. Not
// thread-safe; everything is done in memory.
class page_renderer
{
public:
    // Reads and parses everything that is built in; throws nothing an operator could bring about.
    explicit page_renderer(branding l);
    ~page_renderer();

    // Whole documents in UTF-8. They do not fail: what is missing in a view is left out of the
    // page.
    std::string write(page which, view const& v);
    std::string write_account(view const& v, account_view const& a);
    std::string write_failure(failure const& f);

    // The stylesheet, the icon and the logo; null for any other name.
    asset const* find_asset(std::string_view name) const noexcept { return assets_.find(name); }

    // The one policy that all pages need (CSP level 3): nothing but our own stylesheet, our
    // own pictures and forms to ourselves.
    static std::string_view security_policy() noexcept;

private:
    struct template_cache;

    // Templates and texts are parsed when it is made; writing changes nothing but the library's own
    // state.
    branding branding_;
    assets assets_;
    std::unique_ptr<template_cache> template_cache_;
};

} // namespace yett::pages
