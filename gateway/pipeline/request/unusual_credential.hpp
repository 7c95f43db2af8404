#pragma once

#include "gateway/base/result.hpp"
#include "gateway/pipeline/request/credential.hpp"

#include <string>

namespace yett::pipeline {

// What a rule says about how its requests name their caller, beside what holds everywhere.
struct credential_ways
{
    bool basic = false;        // an API key may be the password of Basic
    bool by_protocol = false;  // of a WebSocket: a token may be a subprotocol
    std::string access_header; // brings the access token, instead of Authorization; empty: none

    bool unusual() const noexcept { return basic || by_protocol || !access_header.empty(); }
};

// What credential_of finds, by the ways of such a rule besides. `decoded` keeps the text of a
// key that came encoded. Two tokens that are not the same fail with credentials_disagree.
result<credential> unusual_credential_of(http::head const& head, auth_transport const& usual, credential_ways const& also,
                                         std::string& decoded);

// Whether a request brings an API key as the password of Basic: no other password is one.
bool has_basic_key(http::head const& head);

} // namespace yett::pipeline
