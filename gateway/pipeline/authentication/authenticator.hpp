#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/pipeline/authentication/api_key_check.hpp"

#include <string_view>
#include <variant>

namespace yett::accounts {
struct grant;
} // namespace yett::accounts
namespace yett::http {
class exchange;
class head;
} // namespace yett::http

namespace yett::pipeline {

class missing_keys;
class renewals;
struct request_context;

// Who sends a request, by the credential it shows. One for each worker.
//
// Most requests are answered by looking alone; what else has to be done first is part of the answer. That
// nobody was named, that a credential was refused and that nothing is known yet are different types, and
// an identity can be had of a settled answer only.
//
//     auto found = authenticator.look(ex, context);
//     if (auto* first = std::get_if<authenticator::pending>(&found))
//         found = co_await authenticator.finish(std::move(*first), ex, context);
//     auto who = identity_of(std::get<authenticator::settled>(std::move(found)));
class authenticator
{
public:
    // They outlive it.
    struct dependencies
    {
        accounts::account_services const& services;
        tokens::token_cache& cache;
        yett::pipeline::missing_keys& missing_keys;
        yett::pipeline::renewals& renewals;
        telemetry::shard& figures;
    };
    explicit authenticator(dependencies d) noexcept : dependencies_{d}, api_keys_{{d.services, d.cache, d.figures}} {}

    // --- what is settled
    struct nobody // none was named, or the rule does not look; not: somebody who could not be proved
    {
    };
    struct known
    {
        identity_ptr who; // never null
    };
    struct refused // a credential that does not hold, also where a rule could do without one
    {
        error why;
    };
    using settled = std::variant<nobody, known, refused>;

    // --- what has to be done first
    struct ask_store // about an API key of which memory says nothing
    {
    };
    struct await_key // that signed the token, and is on its way from its issuer
    {
    };
    struct renew // a session that is over without it, or soon will be
    {
        result<identity_ptr> without; // what the request is worth if nothing comes of it; null: nobody
        std::string_view refresh_token;
        bool rivals = false; // it is one of several, and none of them was looked up
    };
    using pending = std::variant<ask_store, await_key, renew>;

    using answer = std::variant<settled, pending>;

    // How the request says who sends it, before its rule is known and by what the rule says besides: see
    // shown_credential.hpp. Both go before `look`, as early as may be.
    void read(http::head const& head, request_context& context) const;
    void read_by_rule(http::head const& head, request_context& context);

    // What the credential that was read into `context.found` is worth. The path of every request: it waits
    // for nothing. Notes who was proved, or why nobody was, in the context and in the figures.
    answer look(http::exchange const& ex, request_context& context);
    // Does what has to be done first, and looks at what came of it. A store that fails is a refusal that is
    // no client's fault.
    task<settled> finish(pending&& first, http::exchange const& ex, request_context& context);

    // Once more, when revocations became known since: who was proved may not be any more.
    task<settled> look_again(request_context& context);

private:
    enum class key_wait : bool
    {
        over, // the key that was awaited did not come
        possible,
    };
    answer judge(http::exchange const& ex, request_context& context, key_wait with_keys);
    answer judge_and_check_page(http::exchange const& ex, request_context& context, key_wait with_keys);
    answer judge_api_key(http::exchange const& ex, request_context& context);
    answer judge_bearer(http::exchange const& ex, request_context& context, key_wait with_keys);
    answer judge_cookie(http::exchange const& ex, request_context& context);
    answer from_allowed_page(answer found, http::exchange const& ex, request_context& context);
    bool may_come_to_be_known(error const& why, std::string_view token, key_wait with_keys) const;
    bool is_the_applications(http::head const& head, request_context const& context) const;
    result<void> agree(identity const& by_header, request_context const& context);

    task<settled> ask(request_context& context);
    task<settled> await(http::exchange const& ex, request_context& context);
    task<settled> renew_session(renew asked, http::exchange const& ex, request_context& context);
    settled enter_session(result<identity_ptr> without, accounts::grant const& given, wall_time now, request_context& context);
    task<result<identity_ptr>> recall(request_context const& context);

    settled recognise(result<identity_ptr> who, request_context& context);
    refused refuse(error const& why, request_context& context);

    dependencies dependencies_;
    api_key_check api_keys_;
};

// Null when nobody was named. Fails as the credential was refused.
result<identity_ptr> identity_of(authenticator::settled&& answer);

} // namespace yett::pipeline
