#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/pages/page_renderer.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::pipeline {

struct call;

// How an endpoint answers. Fails like the use case behind it; complaints about fields, and the
// page that tells of the failure at its form, are left in the context.
using handler = task<result<http::reply>> (*)(call& c);

// Where a form that went well leads.
enum class afterwards : std::uint8_t
{
    leads_on,  // to `leads_to`
    signs_in,  // to where somebody wanted to go, or home
    signs_out, // the same, or to `accounts.pages.after_logout`; the browser's cache is emptied
    by_mail,   // to `leads_to`; where somebody wanted to go waits in a cookie until the mail is read
    replied,   // nowhere: `act` makes the whole reply
};

// A form on a page of ours. Where it is sent to says the row of the endpoint that takes it.
//
// A row and no code: what a form does differently is a member here, and whoever reads a page's
// behaviour reads one line of forms.hpp.
struct form
{
    std::string_view proof;                      // what its token is for; forms of one page share one
    std::optional<pages::page> page{};           // it stands on; absent: the account page, see write_account
    std::string_view stands_at{};                // that page below the prefix; empty: known by a link alone
    std::array<std::string_view, 2> fields{};    // those a person fills in, all of them
    afterwards then = afterwards::leads_on;      // when it went well
    std::string_view leads_to{};                 // below the prefix, up to where `&next=` may follow
    std::string_view leads_to_verified{};        // instead, where the address has not to be verified any more
    handler act = nullptr;                       // what it does; null: what its endpoint does for programs
    std::string_view old_password{};             // where a person is told that the password is a wrong one
    std::optional<pages::page> when_forbidden{}; // the page that is shown instead of this one
    std::string_view forbidden_alert{};          // or what is told on this one
};

// What a form brought beside the members that its endpoint gets.
struct sent_form
{
    // As typed, for the page that is shown again when something was wrong.
    std::string email;
    std::string link_token;
    std::string next;       // where to go, or the word for what waits; empty when it leads nowhere
    std::string end;        // a session
    std::string remove_key; // an API key
    bool others = false;    // all sessions but this one
    // Fields that have to be filled in and were not.
    std::vector<std::string_view> empty;
};

} // namespace yett::pipeline
