#pragma once

#include "gateway/pipeline/authentication/api_key_check.hpp"
#include "gateway/pipeline/authentication/authentication.hpp"

namespace yett::http {
class exchange;
class head;
} // namespace yett::http

namespace yett::pipeline {

class missing_keys;
struct request_context;

// What the credentials of a request are worth by looking alone. It waits for nothing; what has to be done first is its
// answer. One for each worker.
class credential_judge
{
public:
    // They outlive it.
    struct dependencies
    {
        tokens::token_cache& cache;
        api_key_check& api_keys;
        yett::pipeline::missing_keys& missing_keys;
        telemetry::shard& figures;
    };
    explicit credential_judge(dependencies d) noexcept : dependencies_{d} {}

    enum class key_wait : unsigned char
    {
        over,     // the key that was awaited did not come
        again,    // keys came, and those who asked for them have paid for it
        possible, // whoever makes us ask for one pays
    };
    // Of what was read into `context.found`. Notes who was proved, or why nobody was, in the context and in the figures,
    // as soon as that is settled.
    authentication::answer look(http::exchange const& ex, request_context& context, key_wait with_keys);

private:
    using answer = authentication::answer;

    answer judge(http::exchange const& ex, request_context& context, key_wait with_keys);
    answer judge_api_key(http::exchange const& ex, request_context& context);
    answer judge_bearer(http::exchange const& ex, request_context& context, key_wait with_keys);
    answer judge_cookie(http::exchange const& ex, request_context& context);
    answer from_allowed_page(answer found, http::exchange const& ex, request_context& context);
    result<bool> may_come_to_be_known(error const& why, std::string_view token, key_wait with_keys, paid_checks& pays) const;
    bool is_the_applications(http::head const& head, request_context const& context) const;
    result<void> agree(identity const& by_header, request_context const& context);
    authentication::settled recognise(result<identity_ptr> who, request_context& context) const;
    authentication::settled refuse(error const& why, request_context& context) const;

    dependencies dependencies_;
};

// Nothing was found out but that the key of the token may still come.
bool awaits_key(authentication::answer const& found) noexcept;

} // namespace yett::pipeline
