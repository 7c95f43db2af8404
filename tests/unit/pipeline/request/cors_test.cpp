#include "gateway/pipeline/request/cors.hpp"

#include "gateway/http/framing.hpp"
#include "policies/spec.hpp"

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>

using namespace yett;
using pipeline::cors_rule;

namespace {

class request
{
public:
    explicit request(std::string const& fields, std::string const& method = "OPTIONS")
        : bytes_{method + " /x HTTP/1.1\r\nHost: app.test\r\n" + fields + "\r\n"}
    {
        auto head = http::framing::read_request(bytes_, storage_, {});
        REQUIRE_MESSAGE(head.has_value(), fields);
        head_.emplace(*head);
    }
    request(request const&) = delete;
    http::head const& operator*() const { return *head_; }

private:
    std::string bytes_;
    std::array<http::field, 32> storage_;
    std::optional<http::head> head_;
};

policies::cors_spec spec(std::vector<std::string> origins, bool credentials = false)
{
    policies::cors_spec s;
    s.origins = std::move(origins);
    s.credentials = credentials;
    return s;
}

std::string text_of(std::vector<http::field> const& fields)
{
    std::string text;
    for (auto const& f : fields) text.append(f.name).append(": ").append(f.value).append("\n");
    return text;
}

std::string reply_to(cors_rule const& rule, std::string const& fields)
{
    request const asked{fields, "GET"};
    std::vector<http::field> out;
    rule.append_to_reply(*asked, out);
    return text_of(out);
}

std::string preflight_to(cors_rule const& rule, std::string const& fields)
{
    request const asked{fields};
    std::vector<http::field> out;
    rule.append_to_preflight(*asked, out);
    return text_of(out);
}

std::string const of_spa = "Origin: https://spa.test\r\n";
std::string const put = "Access-Control-Request-Method: PUT\r\n";

} // namespace

TEST_CASE("cors: a preflight is OPTIONS with Origin and the method that is to follow, and nothing less")
{
    auto const method = [](std::string const& fields, std::string const& by = "OPTIONS") {
        request const asked{fields, by};
        return std::string{pipeline::preflight_method(*asked)};
    };
    CHECK(method(of_spa + put) == "PUT");
    CHECK(method(of_spa + "access-control-request-method: PROPFIND\r\n") == "PROPFIND");
    CHECK(method("Origin: null\r\n" + put) == "PUT");
    CHECK(method(of_spa).empty());
    CHECK(method(put).empty());
    CHECK(method("").empty());
    CHECK(method(of_spa + put, "GET").empty());
    CHECK(method(of_spa + put, "POST").empty());
    CHECK(method(of_spa + of_spa + put).empty());
    CHECK(method(of_spa + put + "Access-Control-Request-Method: GET\r\n").empty());
    CHECK(method("Origin:\r\n" + put).empty());
    CHECK(method(of_spa + "Access-Control-Request-Method:\r\n").empty());
    CHECK(method(of_spa + "Access-Control-Request-Method: PUT GET\r\n").empty());
}

TEST_CASE("cors: replies carry the fields for listed origins alone, and Vary always")
{
    cors_rule const rule{spec({"https://spa.test", "capacitor://localhost"})};
    CHECK(reply_to(rule, of_spa) == "Access-Control-Allow-Origin: https://spa.test\nVary: Origin\n");
    CHECK(reply_to(rule, "Origin: https://spa.test:443\r\n") ==
          "Access-Control-Allow-Origin: https://spa.test:443\nVary: Origin\n");
    CHECK(reply_to(rule, "Origin: capacitor://localhost\r\n") ==
          "Access-Control-Allow-Origin: capacitor://localhost\nVary: Origin\n");
    for (auto const* fields :
         {"", "Origin: https://evil.test\r\n", "Origin: http://spa.test\r\n", "Origin: https://spa.test.evil\r\n",
          "Origin: https://sub.spa.test\r\n", "Origin: https://spa.test:8443\r\n", "Origin: null\r\n",
          "Origin: https://spa.test\r\nOrigin: https://spa.test\r\n", "Origin: https://spa.test https://evil.test\r\n"})
        CHECK_MESSAGE(reply_to(rule, fields) == "Vary: Origin\n", fields);
}

TEST_CASE("cors: what credentials, exposed fields, everybody and null look like")
{
    auto with_all = spec({"https://spa.test"}, true);
    with_all.expose = {"ETag", "X-Total"};
    CHECK(reply_to(cors_rule{with_all}, of_spa) ==
          "Access-Control-Allow-Origin: https://spa.test\nAccess-Control-Allow-Credentials: true\n"
          "Access-Control-Expose-Headers: ETag, X-Total\nVary: Origin\n");
    CHECK(reply_to(cors_rule{with_all}, "Origin: https://evil.test\r\n") == "Vary: Origin\n");
    CHECK(reply_to(cors_rule{spec({"*"})}, "Origin: https://evil.test\r\n") == "Access-Control-Allow-Origin: *\nVary: Origin\n");
    CHECK(reply_to(cors_rule{spec({"*"})}, "") == "Vary: Origin\n");
    CHECK(reply_to(cors_rule{spec({"null"})}, "Origin: null\r\n") == "Access-Control-Allow-Origin: null\nVary: Origin\n");
    CHECK(reply_to(cors_rule{spec({})}, of_spa) == "Vary: Origin\n");
}

TEST_CASE("cors: a preflight is told what may follow")
{
    auto full = spec({"https://spa.test"}, true);
    full.methods = {"GET", "PUT", "DELETE"};
    full.headers = {"authorization", "content-type"};
    full.max_age = std::chrono::seconds{3600};
    CHECK(preflight_to(cors_rule{full}, of_spa + put) ==
          "Access-Control-Allow-Origin: https://spa.test\nAccess-Control-Allow-Credentials: true\n"
          "Access-Control-Allow-Methods: GET, PUT, DELETE\nAccess-Control-Allow-Headers: authorization, content-type\n"
          "Access-Control-Max-Age: 3600\nVary: Origin\n");
    // Without a list it is the method that the rule was found by.
    CHECK(
        preflight_to(cors_rule{spec({"https://spa.test"})}, of_spa + put) ==
        "Access-Control-Allow-Origin: https://spa.test\nAccess-Control-Allow-Methods: PUT\nAccess-Control-Max-Age: 600\nVary: Origin\n");
    CHECK(preflight_to(cors_rule{full}, "Origin: https://evil.test\r\n" + put) == "Vary: Origin\n");
}

TEST_CASE("cors: only a listed origin's preflight is admitted, and the refusal names it and the setting")
{
    cors_rule const rule{spec({"https://spa.test"})};
    request const ours{of_spa + put};
    CHECK(rule.admit(*ours).has_value());
    for (auto const* from : {"https://evil.test", "null", "http://spa.test"}) {
        request const theirs{"Origin: " + std::string{from} + "\r\n" + put};
        auto const refused = rule.admit(*theirs);
        REQUIRE(!refused);
        CHECK(refused.error() == errc::csrf_rejected);
        CHECK(refused.error().note().find(from) != std::string::npos);
        CHECK(refused.error().note().find("cors.origins") != std::string::npos);
    }
    CHECK(cors_rule{spec({"*"})}.admit(*ours).has_value());
}

TEST_CASE("cors: what is not listed is not granted, and does not reach the application")
{
    auto listed = spec({"https://spa.test"});
    listed.methods = {"PUT"};
    listed.headers = {"X-One", "authorization"};
    auto const grants = [](policies::cors_spec const& s, std::string const& fields) {
        request const asked{of_spa + fields};
        return cors_rule{s}.grants(*asked);
    };
    std::string const headers = "Access-Control-Request-Headers: ";
    CHECK(grants(listed, put));
    CHECK(grants(listed, put + headers + "x-one\r\n"));
    CHECK(grants(listed, put + headers + "x-one,Authorization\r\n"));
    CHECK(!grants(listed, put + headers + "x-one, x-two\r\n"));
    CHECK(!grants(listed, put + headers + "x-one\r\n" + headers + "x-two\r\n"));
    CHECK(!grants(listed, "Access-Control-Request-Method: DELETE\r\n"));
    CHECK(!grants(listed, "Access-Control-Request-Method: put\r\n"));
    listed.methods = {"*"};
    listed.headers = {"*"};
    CHECK(grants(listed, "Access-Control-Request-Method: DELETE\r\n" + headers + "x-two\r\n"));
    CHECK(!grants(listed, put + headers + "authorization\r\n"));
    CHECK(grants(spec({"https://spa.test"}), put));
    CHECK(!grants(spec({"https://spa.test"}), put + headers + "x-one\r\n"));
}

TEST_CASE("cors: who is listed with credentials counts as our own, and nobody else")
{
    CHECK(cors_rule{spec({"https://spa.test"})}.friends() == nullptr);
    cors_rule const rule{spec({"https://spa.test"}, true)};
    REQUIRE(rule.friends());
    CHECK(rule.friends()->judge("https://spa.test") == http::origin_list::admission::by_name);
    CHECK(rule.friends()->judge("https://evil.test") == http::origin_list::admission::none);
}
