#include "gateway/pipeline/call/endpoint.hpp"

#include "gateway/pipeline/call/endpoint_services.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace yett;
using namespace yett::pipeline;

namespace {

constexpr trait all[] = {trait::tries_secrets,      trait::names_account,   trait::knows_devices,      trait::hands_out_tokens,
                         trait::serves_other_sites, trait::needs_login,     trait::needs_links,        trait::serves_error_pages,
                         trait::is_well_known,      trait::claims_its_path, trait::is_there_with_pages};

task<result<http::reply>> nothing(call&)
{
    co_return http::reply{};
}

} // namespace

TEST_CASE("traits: each is one of its own, and joined ones are all that was joined")
{
    for (auto const one : all) {
        traits const alone{one};
        for (auto const other : all) CHECK(alone.has(other) == (one == other));
    }
    traits none;
    for (auto const one : all) CHECK_FALSE(none.has(one));
    auto const two = trait::tries_secrets | trait::needs_links;
    for (auto const one : all) CHECK(two.has(one) == (one == trait::tries_secrets || one == trait::needs_links));
    auto everything = traits{};
    for (auto const one : all) everything = everything | one;
    for (auto const one : all) CHECK(everything.has(one));
}

TEST_CASE("endpoint: what a row says of itself")
{
    endpoint const program{.name = "a", .method = "GET", .path = "/a", .answer = nothing};
    CHECK_FALSE(program.is_page_only());
    CHECK_FALSE(program.takes_what_is_left());
    CHECK(program.allows == endpoint::access::public_);
    endpoint const page{.name = "b", .method = "GET", .path = "/b", .page = nothing};
    CHECK(page.is_page_only());
    endpoint const rest{.name = "c", .path = "/**", .answer = nothing};
    CHECK_MESSAGE(rest.takes_what_is_left(), "whatever the method");
    endpoint const marked{.name = "d", .method = "GET", .path = "/d", .answer = nothing, .traits = trait::needs_login};
    CHECK(marked.is(trait::needs_login));
    CHECK_FALSE(marked.is(trait::needs_links));
}
