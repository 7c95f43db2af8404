#include "config/values/redis_url.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::config;

namespace {

// All of it on one line.
std::string spelled(redis_url const& url)
{
    std::string all = url.tls ? "tls" : "clear";
    for (auto const& each : url.hosts) all += " " + each.host + "|" + std::to_string(each.port);
    if (!url.master_name.empty()) all += " master=" + url.master_name;
    if (!url.user.empty()) all += " user=" + url.user;
    if (!url.password.empty()) all += " password=" + std::string{url.password.reveal()};
    if (url.database != 0) all += " database=" + std::to_string(url.database);
    if (!url.ca_file.empty()) all += " ca=" + url.ca_file;
    if (!url.certificate_file.empty()) all += " chain=" + url.certificate_file + " key=" + url.key_file;
    if (!url.sentinel_user.empty()) all += " sentinel_user=" + url.sentinel_user;
    if (!url.sentinel_password.empty()) all += " sentinel_password=" + std::string{url.sentinel_password.reveal()};
    return all;
}

} // namespace

TEST_CASE("redis url: who, where and how")
{
    struct row
    {
        char const* text;
        char const* means;
    };
    row const rows[]{
        {"redis://localhost", "clear localhost|6379"},
        {"redis://h/", "clear h|6379"},
        {"redis://h:1/0", "clear h|1"},
        {"redis://[2001:db8::1]:7000/15", "clear 2001:db8::1|7000 database=15"},
        {"redis://:pw@h", "clear h|6379 password=pw"},
        {"redis://yett:a%40b%3A@h", "clear h|6379 user=yett password=a@b:"},
        {"redis://yett:a@b@h", "clear h|6379 user=yett password=a@b"},
        {"rediss://h?ca_file=/etc/ssl/r.pem", "tls h|6379 ca=/etc/ssl/r.pem"},
        {"rediss://h?key_file=/r%20k&certificate_file=/r.crt", "tls h|6379 chain=/r.crt key=/r k"},
        {"redis+sentinel://a,b:1,[::1]/main", "clear a|26379 b|1 ::1|26379 master=main"},
        {"redis+sentinel://yett:pw@a/main/2?sentinel_user=s&sentinel_password=t",
         "clear a|26379 master=main user=yett password=pw database=2 sentinel_user=s sentinel_password=t"},
        {"rediss+sentinel://a/main", "tls a|26379 master=main"},
    };
    for (auto const& r : rows) {
        auto const url = parse_redis_url(r.text);
        REQUIRE_MESSAGE(url, r.text);
        CHECK(spelled(*url) == r.means);
    }
}

TEST_CASE("redis url: what is wrong is said, and nothing of the text is repeated")
{
    struct row
    {
        char const* text;
        char const* complaint;
    };
    row const rows[]{
        {"redis:", "has no // behind its scheme; it is spelled redis://"},
        {"redis+sentinel:s3cret", "has no // behind its scheme; it is spelled redis+sentinel://"},
        {"redis://", "names no host"},
        {"redis://yett:s3cret@", "names no host"},
        {"redis://yett@h", "names a user without a password"},
        {"redis://:5000", "names a server without a host"},
        {"redis://h:0", "has a port that is no number from 1 to 65535"},
        {"redis://h:s3cret", "has a port that is no number"},
        {"redis://[::1", "has an opening bracket without a closing one"},
        {"redis://a,b", "names several servers, which is for sentinels alone"},
        {"redis://h/s3cret", "has a database that is no number"},
        {"redis://h/1/2", "has a database that is no number"},
        {"redis://yett:%s3cret@h", "has a percent sign without two hexadecimal digits"},
        {"redis://h?s3cret=1", "has a parameter that is not known; allowed: ca_file"},
        {"redis://h?ca_file=/c", "has a file for TLS, which is rediss:"},
        {"redis://h?certificate_file=/c&key_file=/k", "has a file for TLS, which is rediss:"},
        {"rediss://h?certificate_file=/c", "has one of certificate_file and key_file, which go together"},
        {"rediss://h?key_file=/k", "has one of certificate_file and key_file, which go together"},
        {"rediss://h?certificate_file=/c&key_file=k", "has a file that is not named from the root"},
        {"rediss://h?ca_file=c", "has a file that is not named from the root"},
        {"redis://h?sentinel_user=u", "has something for sentinels"},
        {"redis+sentinel://h", "does not say what the sentinels call the server"},
        {"redis+sentinel://h/", "does not say what the sentinels call the server"},
    };
    for (auto const& r : rows) {
        auto const url = parse_redis_url(r.text);
        REQUIRE_MESSAGE(!url, r.text);
        CHECK(url.error() == errc::bad_request);
        CHECK_MESSAGE(url.error().note().find(r.complaint) != std::string::npos, r.text, " said ", url.error().note());
        CHECK(url.error().note().find("s3cret") == std::string::npos);
    }
}

TEST_CASE("redis url: whether whoever stands in between reads along")
{
    CHECK_FALSE(trusts_the_network(parse_redis_url("redis://localhost").value()));
    CHECK_FALSE(trusts_the_network(parse_redis_url("redis://[::1]").value()));
    CHECK_FALSE(trusts_the_network(parse_redis_url("rediss://redis.example.com").value()));
    CHECK(trusts_the_network(parse_redis_url("redis://redis.example.com").value()));
    CHECK(trusts_the_network(parse_redis_url("redis+sentinel://localhost,10.0.0.1/main").value()));
}
