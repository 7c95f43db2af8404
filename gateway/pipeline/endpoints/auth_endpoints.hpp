#pragma once

#include "gateway/pipeline/call/endpoint_services.hpp"

#include <utility>

namespace yett::pipeline {

// What the account endpoints of one worker are answered with; page_endpoints.hpp has what there is for people besides.
class auth_endpoints
{
public:
    explicit auth_endpoints(endpoint_services s) : services_{std::move(s)} {}

    // Shows other keys from now on.
    void publish(std::shared_ptr<key_documents const> keys) { services_.keys = std::move(keys); }

    endpoint_services const& services() const noexcept { return services_; }

private:
    endpoint_services services_;
};

} // namespace yett::pipeline
