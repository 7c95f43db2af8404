#include "gateway/pipeline/cors_fields.hpp"

#include "tests/support/fake_exchange.hpp"
#include "tests/unit/pipeline/a_world.hpp"

using namespace yett;
using namespace yett::tests;

namespace {

std::string names_of(std::vector<http::field> const& fields)
{
    std::string all;
    for (auto const& f : fields) all += (all.empty() ? "" : " ") + std::string{f.name};
    return all;
}

} // namespace

TEST_CASE("cors fields: what pages of other sites are told, by the rule that was found")
{
    struct row
    {
        char const* what;
        bool found;  // a rule
        bool speaks; // of pages of other sites
        bool preflight;
        char const* origin;
        char const* told;
    };
    for (auto const& each : {
             row{"no rule was found", false, true, false, "https://spa.example", ""},
             row{"one that does not speak of them leaves it to the application", true, false, false, "https://spa.example", ""},
             row{"a page that is listed", true, true, false, "https://spa.example", "Access-Control-Allow-Origin Vary"},
             row{"one that is not: caches have to know all the same", true, true, false, "https://evil.example", "Vary"},
             row{"a preflight of one that is listed", true, true, true, "https://spa.example",
                 "Access-Control-Allow-Origin Access-Control-Allow-Methods Access-Control-Max-Age Vary"},
             row{"and of one that is not", true, true, true, "https://evil.example", "Vary"},
         }) {
        INFO(std::string{each.what});
        a_world world{{rule("a", "/**")}};
        policies::cors_spec spec;
        spec.origins = {"https://spa.example"};
        spec.methods = {"PUT"};
        if (each.speaks) world.facts("a").cors = std::make_unique<pipeline::cors_rule const>(spec);
        auto context = world.at("a");
        if (!each.found) context.found.route = nullptr;
        context.asked.preflight = each.preflight;
        fake_exchange const ex{std::string{"OPTIONS /a HTTP/1.1\r\nHost: example.com\r\nAccess-Control-Request-Method: PUT\r\n"} +
                               "Origin: " + each.origin + "\r\n\r\n"};
        CHECK(names_of(pipeline::cors_fields(ex, context)) == each.told);
        http::reply reply;
        pipeline::add_cors_fields(reply, ex, context);
        CHECK(reply.fields.size() == pipeline::cors_fields(ex, context).size());
    }
}
