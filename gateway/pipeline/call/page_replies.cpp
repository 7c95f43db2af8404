#include "gateway/pipeline/call/page_replies.hpp"

#include "gateway/pages/page_renderer.hpp"

namespace yett::pipeline {

void add_page_fields(http::reply& r)
{
    r.fields.emplace_back("Content-Security-Policy", std::string{pages::page_renderer::security_policy()});
    // Origin has to be sent with our own forms, and no address with a token in it to anybody.
    r.fields.emplace_back("Referrer-Policy", "strict-origin");
    r.fields.emplace_back("X-Frame-Options", "DENY");
    r.fields.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
}

http::reply page_reply(std::string html)
{
    http::reply r;
    r.fields = {
        {"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
    r.body = std::move(html);
    add_page_fields(r);
    return r;
}

http::reply see_other(std::string where)
{
    http::reply r;
    r.status = 303;
    r.fields = {{"Location", std::move(where)}, {"Cache-Control", "no-store"}};
    return r;
}

} // namespace yett::pipeline
