#pragma once

#include <string_view>

namespace yett::tokens {
class verifier;
} // namespace yett::tokens

namespace yett::pipeline {

// Whether a text holds a credential that was made for us, good or not: an API key, a refresh
// token, a link's token, or a JWT that says it comes from ourselves or from an issuer we know.
// Such a text is never an application's own, expired and revoked ones included. It may stand
// anywhere in the text: behind any scheme, in quotes, in a list, behind a dot or a letter that
// somebody stuck to it, or encoded as Basic encodes a user and a password.
bool is_own_token(std::string_view text, tokens::verifier const& judge);

} // namespace yett::pipeline
