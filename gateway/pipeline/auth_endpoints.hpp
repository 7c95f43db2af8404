#pragma once

#include "gateway/accounts/api_keys.hpp"
#include "gateway/accounts/desk.hpp"
#include "gateway/accounts/grant.hpp"
#include "gateway/accounts/link.hpp"
#include "gateway/accounts/logout.hpp"
#include "gateway/accounts/session_store.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/base/task.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/json_body.hpp"
#include "gateway/pipeline/key_documents.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace yett::tokens {
class token_cache;
} // namespace yett::tokens
namespace yett::accounts {
struct letter_request;
} // namespace yett::accounts

namespace yett::pipeline {

struct request_context;

// Translates between HTTP and the use cases of `accounts`. One for each worker.
class auth_endpoints
{
public:
    struct parts
    {
        accounts::desk& desk;
        tokens::token_cache& cache; // of this worker
        auth_transport transport;
        std::shared_ptr<key_documents const> keys;
    };
    explicit auth_endpoints(parts p) : parts_{std::move(p)} {}

    // Shows other keys from now on.
    void publish(std::shared_ptr<key_documents const> keys) { parts_.keys = std::move(keys); }

    // One request to one endpoint, and what it needs from the pipeline.
    struct call
    {
        http::exchange& ex;
        request_context& context;
        // Spends from limits keyed by the account, which the body has named in `context.spending.account`; as a
        // device that the account knows when `context.spending.device` names one.
        std::function<task<result<void>>()> spend_for_account;
        // The members of a body that was read before, without those that are not the endpoint's.
        std::optional<http::body_fields> body = std::nullopt;
    };

    // Answers the endpoint a rule names as its target. Complaints about fields are left in
    // the context. Fails like the use case; `internal` for a target that does not exist.
    task<result<http::reply>> answer(std::string_view target, call& c);

    // Makes a key as `create_api_key` does, for a page that shows it.
    task<result<accounts::new_api_key>> make_api_key(call& c);

    // Whether a session stands behind the cookies of a request, for pages that have nothing to
    // ask of whoever is signed in; and its address, where an access token names it. Nothing is
    // renewed, and nobody is let in by it.
    struct session_there
    {
        bool live = false;
        std::string email{};
    };
    task<session_there> look_at_session(call& c) const;

    auth_transport const& transport() const noexcept { return parts_.transport; }

private:
    using endpoint = task<result<http::reply>> (auth_endpoints::*)(call&);
    static endpoint endpoint_named(std::string_view target) noexcept;

    task<result<http::reply>> register_user(call& c);
    task<result<http::reply>> login(call& c);
    task<result<http::reply>> refresh(call& c);
    task<result<http::reply>> logout(call& c);
    task<result<http::reply>> me(call& c);
    task<result<http::reply>> change_password(call& c);
    task<result<http::reply>> delete_me(call& c);
    task<result<http::reply>> email(call& c);
    task<result<http::reply>> email_confirm(call& c);
    task<result<http::reply>> email_link(call& c);
    task<result<http::reply>> email_undo(call& c);
    task<result<http::reply>> undo_link(call& c);
    task<result<http::reply>> sessions(call& c);
    task<result<http::reply>> end_session(call& c);
    task<result<http::reply>> end_others(call& c);
    task<result<http::reply>> api_keys(call& c);
    task<result<http::reply>> create_api_key(call& c);
    task<result<http::reply>> remove_api_key(call& c);
    task<result<http::reply>> verify(call& c);
    task<result<http::reply>> verify_link(call& c);
    task<result<http::reply>> resend(call& c);
    task<result<http::reply>> request_reset(call& c);
    task<result<http::reply>> reset_link(call& c);
    task<result<http::reply>> confirm_reset(call& c);
    task<result<http::reply>> jwks(call& c);
    task<result<http::reply>> metadata(call& c);
    result<http::reply> shown(call& c, key_documents::document const& wanted, char const* type) const;
    task<result<http::reply>> nothing(call& c);

    using letter_service = task<result<void>> (*)(accounts::desk const&, accounts::letter_request, wall_time);
    task<result<http::reply>> send_letter(call& c, letter_service service);
    task<result<http::reply>> follow_verification(call& c, secret token);
    std::string own_session(call& c) const;
    task<result<http::reply>> look_at_link(call& c, accounts::link_purpose purpose);
    task<result<secret>> refresh_token_of(call& c, http::body_fields& body) const;
    struct leaving;
    bool brings_cookies(call const& c) const;
    result<void> look_at_header(leaving& who, call& c) const;
    task<result<identity_ptr>> end_what_cookies_name(call& c, bool everywhere);
    task<result<bool>> end_what_refreshes(secret token, bool everywhere, call& c);
    task<error> undone(call& c, accounts::grant const& given, error why);
    task<result<bool>> may_send_letter(call& c);
    result<http::reply> remembered(secret const& mark) const;
    result<http::reply> granted(accounts::grant const& g, wall_time now) const;

    parts parts_;
};

} // namespace yett::pipeline
