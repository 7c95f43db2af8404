#include "gateway/pipeline/request/paid_checks.hpp"

#include "tests/support/print.hpp"
#include "tests/unit/pipeline/a_world.hpp"

using namespace yett;
using namespace yett::tests;
using pipeline::paid_checks;

namespace {

// So few that a test sees the end of them, and none comes back while it runs.
limits::limit_spec so_many(std::uint32_t checks)
{
    limits::limit_spec spec;
    spec.name = limits::for_verifications;
    spec.amount = 1;
    spec.period = std::chrono::hours{1};
    spec.burst = checks;
    return spec;
}

struct scene
{
    explicit scene(std::uint32_t checks) : world{{rule("app", "/**")}, {so_many(checks)}} {}

    pipeline::request_context from(std::string_view address = "192.0.2.7")
    {
        auto context = world.at("app");
        context.asked.from.address = *parse_ip(address);
        return context;
    }

    a_world world;
};

} // namespace

TEST_CASE("paid checks: each is taken from the client's network, and refused where nothing is left")
{
    scene s{2};
    auto context = s.from();
    CHECK(paid_checks{context}.take());
    CHECK(paid_checks{context}.take());
    auto const refused = paid_checks{context}.take();
    REQUIRE(!refused);
    CHECK(refused.error() == errc::rate_limited);
    CHECK(refused.error().from() == origin::client);
    CHECK(refused.error().note() == "the limit verifications");
    CHECK(wait_for_check(context) > seconds{3590});
    CHECK(wait_for_check(context) <= seconds{3600});

    auto neighbour = s.from("192.0.2.8");
    CHECK(wait_for_check(neighbour) == seconds{1}); // nobody is told to come at once
    CHECK(paid_checks{neighbour}.take());
    auto same = s.from("::ffff:192.0.2.7");
    CHECK(!paid_checks{same}.take());
}

TEST_CASE("paid checks: what held comes back, all of it and once")
{
    scene s{3};
    auto context = s.from();
    paid_checks pays{context};
    pays.give_back(); // nothing was taken
    for (int n = 0; n < 3; ++n) CHECK(pays.take());
    CHECK(pays.paid().count == 3);
    CHECK(!paid_checks{context}.take());
    pays.give_back();
    pays.give_back();
    CHECK(pays.paid().count == 0);
    for (int n = 0; n < 3; ++n) CHECK(paid_checks{context}.take());
    CHECK(!paid_checks{context}.take());
}

TEST_CASE("paid checks: a question is paid for once, by a check that was in vain or by itself")
{
    scene s{2};
    auto context = s.from();
    paid_checks checked{context};
    CHECK(checked.take());
    CHECK(checked.take_for_question());
    CHECK(checked.paid().count == 1);

    paid_checks asks{context};
    CHECK(asks.take_for_question());
    CHECK(asks.take_for_question());
    CHECK(asks.paid().count == 1);
    CHECK(!paid_checks{context}.take_for_question());
}

TEST_CASE("paid checks: who had to wait for an answer gets back what was taken before")
{
    scene s{1};
    auto context = s.from();
    paid_checks first{context};
    REQUIRE(first.take());
    auto const kept = first.paid();
    paid_checks later{context, kept};
    CHECK(later.take_for_question());
    later.give_back();
    CHECK(paid_checks{context}.take());
}

TEST_CASE("paid checks: a network where somebody was proved pays from a bucket apart")
{
    scene s{1};
    auto context = s.from();
    CHECK(paid_checks{context}.take());
    CHECK(!paid_checks{context}.take());
    note_proved(context);
    CHECK(paid_checks{context}.take());
    CHECK(!paid_checks{context}.take());
    // A minute later it is a stranger's again.
    context.asked.now += seconds{62};
    CHECK(!paid_checks{context}.take());
}
