#pragma once

#include <string>

namespace yett::pipeline {

// What is published about the signing keys, ready to be sent.
struct key_documents
{
    struct document
    {
        std::string body; // empty: there is none
        std::string etag; // with its quotes
    };
    // The key set (RFC 7517), and what discovery says of this issuer.
    document jwks;
    document metadata;         // OpenID Connect Discovery 1.0 section 3
    std::string cache_control; // never longer than a key is published before it signs
};

} // namespace yett::pipeline
