#pragma once

#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/pipeline/request/paid_checks.hpp"

#include <string_view>
#include <variant>

namespace yett::pipeline {

// What is known of who sends a request. That nobody was named, that a credential was refused and that nothing is known
// yet are different types, and an identity can be had of a settled answer only.
struct authentication
{
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
        limits::verification_payment paid; // for having asked
    };
    struct renew // a session that is over without it, or soon will be
    {
        result<identity_ptr> without; // what the request is worth if nothing comes of it; null: nobody
        std::string_view refresh_token;
        bool rivals = false; // it is one of several, and none of them was looked up
    };
    using pending = std::variant<ask_store, await_key, renew>;

    using answer = std::variant<settled, pending>;
};

// Null when nobody was named. Fails as the credential was refused.
result<identity_ptr> identity_of(authentication::settled&& answer);

} // namespace yett::pipeline
