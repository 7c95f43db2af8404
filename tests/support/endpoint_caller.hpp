#pragma once

#include "gateway/accounts/ports/outbox.hpp"
#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/base/error.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/http/bodies/field_error.hpp"
#include "gateway/pages/page_renderer.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yett::pipeline {
struct request_context;
} // namespace yett::pipeline

namespace yett::tests {

// What one endpoint answered, before the pipeline makes a reply of a failure.
struct endpoint_answer
{
    unsigned status = 0; // of a reply; 0: it failed
    std::optional<error> failure;
    std::vector<std::pair<std::string, std::string>> fields; // of the reply
    std::vector<std::pair<std::string, std::string>> kept;   // left for whatever is replied
    std::string body;
    std::string page; // left for the reply to the failure
    std::vector<http::field_error> complaints;
    std::string account; // that limits count by
    std::string device;

    // "200", or the name of the failure: "password_weak".
    std::string came_to() const;
    std::string field(std::string_view name) const;   // the first; empty when there is none
    std::string cookie(std::string_view name) const;  // its value, as it was set last by any Set-Cookie
    bool deletes(std::string_view cookie) const;      // whether that cookie is
    std::string member(std::string_view path) const;  // of the JSON, "user/email"; empty when there is none
    std::string hidden(std::string_view input) const; // the value of a hidden field of the form on the page
    std::string shown() const { return page.empty() ? body : page; }
    bool shows(std::string_view text) const { return shown().find(text) != std::string::npos; }
    std::string complaint_of(std::string_view field) const; // its code; empty when there is none
};

// Endpoints with everything they work with, and no pipeline before them: memory stores, cheap
// hashes, and the row whose name the test says. What a pipeline would have found out, a test sets.
class endpoint_caller
{
public:
    struct settings
    {
        bool pages = true;
        bool verified_email = false;
        bool letters_over = false; // the account has had as many letters as it gets
        bool login_over = false;   // and as many attempts
        bool self_delete = false;
        bool self_service = true;
        unsigned checks = 100;                 // that strangers may have in vain; none comes back
        std::vector<std::string> key_scopes{}; // that users may give their keys
        std::string after_logout{};
        pipeline::auth_transport transport{};
        pages::branding branding{};
    };
    endpoint_caller();
    explicit endpoint_caller(settings with);
    ~endpoint_caller();

    // `lines` is a head without the line ends, the last blank one included, and without Host; the
    // fields of `body` are JSON when it begins with a brace, a form otherwise.
    endpoint_answer ask(std::string_view endpoint, std::string const& lines, std::string const& body = {});
    // The same of a row that the test has made.
    endpoint_answer ask(pipeline::endpoint const& row, std::string const& lines, std::string const& body = {});
    // The same from a browser that wants a page, with the cookies it has, and keeps those it gets.
    endpoint_answer visit(std::string_view endpoint, std::string const& lines);
    // Sends the form that `page` has, with these fields besides.
    endpoint_answer send(endpoint_answer const& page, std::string_view endpoint, std::string const& path,
                         std::string const& fields);

    // --- what a pipeline finds
    // Whoever this access token speaks for asks from now on; nobody again with an empty one.
    void be(std::string const& access_token);
    // As if the login had been so long ago.
    void be_since(std::string const& access_token, seconds ago);

    // Somebody whom no session of ours speaks for: a key, or a token of another issuer.
    void be_known_as(identity_ptr who);

    // What is known of a request that begins now, before anybody looked at it.
    pipeline::request_context context() const;

    // --- what was before
    std::string add_user(std::string const& email, std::string const& password = good_password);
    // The tokens of a new session, as the login endpoint hands them out.
    endpoint_answer sign_in(std::string const& email, std::string const& password = good_password);
    void pass(seconds time); // the store's clock goes on
    // The token of the last letter of that kind; empty when there is none. Each is found once.
    std::string link_of(accounts::letter_kind kind);
    std::size_t letters();
    std::size_t sessions_of(std::string const& user_id);
    std::map<std::string, std::string>& cookies() { return cookies_; }

    static constexpr auto good_password = "correct horse battery staple";

private:
    struct parts;
    std::unique_ptr<parts> parts_;
    std::map<std::string, std::string> cookies_; // of the browser
};

} // namespace yett::tests
