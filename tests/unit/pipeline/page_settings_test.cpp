#include "gateway/pipeline/request/page_settings.hpp"

#include <doctest/doctest.h>

using namespace yett;

TEST_CASE("page settings: a path has the prefix that it lies below, by whole segments, and else the first")
{
    pipeline::page_settings two;
    two.prefixes = {"/auth", "/api/auth"};
    struct row
    {
        char const* path;
        char const* prefix;
    };
    for (auto const& each : {
             row{"/auth/login", "/auth"},
             row{"/auth", "/auth"},
             row{"/auth/", "/auth"},
             row{"/api/auth/login", "/api/auth"},
             row{"/api/auth", "/api/auth"},
             row{"/authority/login", "/auth"},
             row{"/api/authority", "/auth"},
             row{"/api", "/auth"},
             row{"/", "/auth"},
             row{"", "/auth"},
         })
        CHECK_MESSAGE(two.prefix_of(each.path) == each.prefix, std::string{each.path});
    two.prefixes = {"/api/auth", "/auth"};
    CHECK(two.prefix_of("/nowhere") == "/api/auth");
    CHECK(two.prefix_of("/auth/login") == "/auth");
}
