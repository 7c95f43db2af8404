#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/fields/origin.hpp"
#include "gateway/http/head.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace yett::policies {
struct cors_spec;
} // namespace yett::policies

namespace yett::pipeline {

// The method of the request that a browser asks for leave to send: OPTIONS with one Origin and
// one Access-Control-Request-Method, and nothing less. Empty for every other request.
std::string_view preflight_method(http::head const& head);

// What pages of other sites may do under one rule, made once from its settings.
class cors_rule
{
public:
    explicit cors_rule(policies::cors_spec const& spec);

    // Fails with csrf_rejected, and a note that names the origin, unless it is listed.
    result<void> admit(http::head const& preflight) const;
    // Whether the request that an admitted preflight asks for may be sent: its method and all its
    // fields are listed.
    bool grants(http::head const& preflight) const;
    bool forwards_preflights() const noexcept { return forwards_; }

    // Who counts as our own against forged requests; null: nobody.
    http::origin_list const* friends() const noexcept { return credentials_ ? &origins_ : nullptr; }

    // What the reply to a request, and to a preflight, tells the browser. Vary always, the rest
    // for listed origins alone. The views point into the request and into this rule.
    void append_to_reply(http::head const& asked, std::vector<http::field>& fields) const;
    void append_to_preflight(http::head const& asked, std::vector<http::field>& fields) const;

private:
    bool append_origin(http::head const& asked, std::vector<http::field>& fields) const;

    http::origin_list origins_;
    std::vector<std::string> methods_;
    std::vector<std::string> headers_;
    std::string allow_methods_; // as one field
    std::string allow_headers_;
    std::string expose_;
    std::string max_age_;
    bool credentials_;
    bool forwards_;
};

} // namespace yett::pipeline
