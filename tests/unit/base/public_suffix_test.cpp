#include "gateway/base/public_suffix.hpp"

#include <doctest/doctest.h>

using namespace yett;

TEST_CASE("public_suffix: a suffix is what strangers register under")
{
    for (auto const* name : {"com", "co.uk", "CO.UK", "co.uk.", "github.io", "anything.ck", "test", "localhost", "com."})
        CHECK_MESSAGE(is_public_suffix(name), name);
    for (auto const* name : {"example.com", "example.co.uk", "me.github.io", "www.ck", "app.test", "127.0.0.1", "::1", ""})
        CHECK_MESSAGE(!is_public_suffix(name), name);
}

TEST_CASE("public_suffix: a public name is registered under a suffix of the list")
{
    for (auto const* name : {"example.com", "APP.Example.COM", "example.com.", "a.b.example.co.uk", "me.github.io", "www.ck",
                             "a.anything.ck", "xn--bcher-kva.example.com"})
        CHECK_MESSAGE(is_public_name(name), name);
    for (auto const* name : {"",         ".",       "com",         "co.uk",         "github.io", "localhost", "app.localhost",
                             "app.test", "nas.lan", "db.internal", "printer.local", "host",      "127.0.0.1", "192.0.2.7",
                             "::1",      "[::1]",   "2001:db8::1", "anything.ck",   ".com",      "*"})
        CHECK_MESSAGE(!is_public_name(name), name);
}
