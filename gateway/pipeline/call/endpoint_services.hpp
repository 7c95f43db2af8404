#pragma once

#include "gateway/pipeline/call/key_documents.hpp"

#include <memory>

namespace yett::accounts {
struct account_services;
} // namespace yett::accounts
namespace yett::tokens {
class token_cache;
} // namespace yett::tokens

namespace yett::pipeline {

// What endpoints are answered with on one worker, beside what the request's own snapshot says.
//
// Made once for each worker; the keys are exchanged when they turn over.
struct endpoint_services
{
    accounts::account_services& services;
    tokens::token_cache& cache; // of this worker
    std::shared_ptr<key_documents const> keys;
};

} // namespace yett::pipeline
