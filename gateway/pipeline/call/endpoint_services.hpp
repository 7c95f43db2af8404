#pragma once

#include "gateway/pages/page_renderer.hpp"
#include "gateway/pipeline/call/form_token.hpp"
#include "gateway/pipeline/call/key_documents.hpp"
#include "gateway/pipeline/call/waiting_address.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace yett::accounts {
struct account_services;
} // namespace yett::accounts
namespace yett::tokens {
class token_cache;
} // namespace yett::tokens

namespace yett::pipeline {

// What endpoints are answered with on one worker.
//
// Made once for each worker; the keys are exchanged when they turn over.
struct endpoint_services
{
    accounts::account_services& services;
    tokens::token_cache& cache; // of this worker
    auth_transport transport;
    std::shared_ptr<key_documents const> keys;
};

// What pages are made with beside that.
struct page_services
{
    // Of the configuration; the rest is made once for each worker.
    pages::branding branding;
    std::vector<std::string> prefixes; // below which the endpoints lie; one at least
    std::string after_logout;          // empty: the login page
    form_tokens tokens;
    waiting_addresses waiting;
    pages::page_renderer book;

    // The prefix that a path lies below; the first one where it lies below none.
    std::string_view prefix_of(std::string_view path) const noexcept;
};

} // namespace yett::pipeline
