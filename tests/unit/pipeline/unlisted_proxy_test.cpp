#include "gateway/pipeline/unlisted_proxy.hpp"

#include <doctest/doctest.h>

using namespace yett;

TEST_CASE("unlisted_proxy: the first is told of once, with the line to write")
{
    pipeline::unlisted_proxy proxy;
    CHECK(proxy.advice().empty());
    CHECK(proxy.note("10.1.2.3"));
    CHECK(!proxy.note("10.1.2.3"));
    CHECK(!proxy.note("fd00::7"));
    CHECK(proxy.advice().find("trusted_proxies: [\"10.1.2.3\"]") != std::string::npos);
}

TEST_CASE("unlisted_proxy: an IPv6 address is written so that YAML takes it")
{
    pipeline::unlisted_proxy proxy;
    CHECK(proxy.note("fd00::7"));
    CHECK(proxy.advice().find("trusted_proxies: [\"fd00::7\"]") != std::string::npos);
}
