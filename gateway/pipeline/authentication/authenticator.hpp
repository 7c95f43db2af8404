#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/pipeline/authentication/api_key_check.hpp"
#include "gateway/pipeline/authentication/authentication.hpp"
#include "gateway/pipeline/authentication/credential_judge.hpp"

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
// Most requests are answered by looking alone; what else has to be done first is part of the answer.
//
//     auto found = authenticator.look(ex, context);
//     if (auto* first = std::get_if<authentication::pending>(&found))
//         found = co_await authenticator.finish(std::move(*first), ex, context);
//     auto who = identity_of(std::get<authentication::settled>(std::move(found)));
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
    explicit authenticator(dependencies d) noexcept
        : dependencies_{d},
          api_keys_{{d.services, d.cache, d.figures}},
          judge_{{d.cache, api_keys_, d.missing_keys, d.figures}}
    {
    }
    authenticator(authenticator const&) = delete;
    authenticator& operator=(authenticator const&) = delete;

    // How the request says who sends it, before its rule is known and by what the rule says besides: see
    // shown_credential.hpp. Both go before `look`, as early as may be.
    void read(http::head const& head, request_context& context) const;
    void read_by_rule(http::head const& head, request_context& context);

    // What the credential that was read into `context.found` is worth. The path of every request: it waits
    // for nothing. See credential_judge.
    authentication::answer look(http::exchange const& ex, request_context& context)
    {
        return judge_.look(ex, context, credential_judge::key_wait::possible);
    }
    // Does what has to be done first, and looks at what came of it. A store that fails is a refusal that is
    // no client's fault.
    task<authentication::settled> finish(authentication::pending&& first, http::exchange const& ex, request_context& context);

    // Of a request that is let in by the certificate of its connection alone: whether a foreign page sent it. Fails with
    // csrf_rejected, which counts as a credential that was refused.
    result<void> admit_page(http::exchange const& ex, request_context& context) const;

    // Once more, when revocations became known since: who was proved may not be any more.
    task<authentication::settled> look_again(request_context& context);

private:
    task<authentication::settled> ask(request_context& context);
    task<authentication::settled> await(limits::verification_payment paid, http::exchange const& ex, request_context& context);
    task<authentication::settled> renew_session(authentication::renew asked, http::exchange const& ex, request_context& context);
    authentication::settled enter_session(result<identity_ptr> without, accounts::grant const& given, wall_time now,
                                          request_context& context);
    task<result<identity_ptr>> recall(request_context const& context);

    dependencies dependencies_;
    api_key_check api_keys_;
    credential_judge judge_;
};

} // namespace yett::pipeline
