#include "gateway/limits/limit.hpp"

#include "tests/unit/limits/limits.hpp"

#include <doctest/doctest.h>

using namespace yett::limits;
using namespace std::chrono_literals;
using kind = key_part::kind;

TEST_CASE("limit: specs that cannot work are told why")
{
    auto const gcra = [](std::uint32_t amount, nanoseconds period, std::uint32_t burst = 0) {
        auto spec = a_limit(amount, period, counting_algorithm::gcra);
        spec.burst = burst;
        return spec;
    };
    auto bursting = a_limit(5, 1s);
    bursting.burst = 7;
    struct
    {
        limit_spec spec;
        char const* complaint;
    } const rows[] = {
        {a_limit(0, 1s), "at least 1"},
        {a_limit(5, 0s), "longer than 0s"},
        {a_limit(5, -1s), "longer than 0s"},
        {a_limit(5, 24h * 4000), "at most ten years"},
        {a_limit(2001, 1h), "use gcra"},
        {bursting, "no burst"},
        {gcra(2'000'000'000, 1s), "in a nanosecond"},
        {gcra(1, 24h * 365, 11), "longer than ten years"},
        {named("", a_limit(5, 1s)), "1 to 64 letters"},
        {named("a\"b", a_limit(5, 1s)), "1 to 64 letters"},
        {named(std::string(65, 'a'), a_limit(5, 1s)), "1 to 64 letters"},
        {keyed(a_limit(5, 1s), {}), "at least one part"},
        {keyed(a_limit(5, 1s), std::vector<key_part>(5)), "at most 4 parts"},
        {keyed(a_limit(5, 1s), {{kind::header, ""}}), "header:NAME"},
        {keyed(a_limit(5, 1s), {{kind::user, "X"}}), "header:NAME"},
    };
    for (auto const& row : rows) {
        auto const list = limit::complaints(row.spec);
        REQUIRE(list.size() == 1);
        CAPTURE(list.front());
        CHECK(list.front().find(row.complaint) != std::string::npos);
    }
    CHECK(limit::complaints(a_limit(2000, 1h)).empty());
    CHECK(limit::complaints(gcra(1'000'000'000, 1s, 4'000'000'000u)).empty());
}

TEST_CASE("limit: the interval is rounded up so that no rate is exceeded")
{
    CHECK(limit{a_limit(7, 1s, counting_algorithm::gcra)}.interval() == 142'857'143ns);
    CHECK(limit{a_limit(100, 1s, counting_algorithm::gcra)}.interval() == 10ms);
}

TEST_CASE("limit: the burst defaults to the amount")
{
    auto spec = a_limit(100, 1s, counting_algorithm::gcra);
    CHECK(limit{spec}.capacity() == 100);
    spec.burst = 200;
    CHECK(limit{spec}.capacity() == 200);
    CHECK(limit{a_limit(5, 1s)}.capacity() == 5);
}

TEST_CASE("limit: a user or a token in the key means that the identity must be known")
{
    CHECK(limit{keyed(a_limit(5, 1s), {{kind::client, ""}, {kind::user, ""}})}.needs_identity());
    CHECK(limit{keyed(a_limit(5, 1s), {{kind::token, ""}})}.needs_identity());
    CHECK_FALSE(limit{keyed(a_limit(5, 1s), {{kind::client, ""}, {kind::account, ""}, {kind::route, ""}})}.needs_identity());
}

TEST_CASE("limit: whatever changes how it counts changes its fingerprint")
{
    auto const base = limit{a_limit(5, 1s)}.fingerprint();
    CHECK(limit{a_limit(5, 1s)}.fingerprint() == base);
    CHECK(limit{a_limit(6, 1s)}.fingerprint() != base);
    CHECK(limit{a_limit(5, 2s)}.fingerprint() != base);
    CHECK(limit{a_limit(5, 1s, counting_algorithm::gcra)}.fingerprint() != base);
    CHECK(limit{named("other", a_limit(5, 1s))}.fingerprint() != base);
    CHECK(limit{keyed(a_limit(5, 1s), {{kind::user, ""}})}.fingerprint() != base);
}

TEST_CASE("limit: thirteen are built in, for guesses, for letters and for work, by client and by account")
{
    std::string list;
    for (auto const& spec : built_in_limits()) {
        CHECK(limit::complaints(spec).empty());
        CHECK(spec.keys.size() == 1);
        CHECK_FALSE(limit{spec}.is_announced());
        list += spec.name +
                (spec.keys.front().is == kind::client ? " client "
                 : spec.keys.front().is == kind::user ? " user "
                                                      : " account ") +
                std::to_string(spec.amount) + "/" +
                std::to_string(std::chrono::duration_cast<std::chrono::seconds>(spec.period).count()) +
                (spec.algorithm == counting_algorithm::backoff ? " backoff"
                 : spec.algorithm == counting_algorithm::gcra  ? " gcra to " + std::to_string(spec.burst)
                                                               : " window") +
                (spec.counts == counted_events::failures ? " failures\n" : " requests\n");
    }
    CHECK(list == "login client 5/900 window failures\n"
                  "register client 5/900 window requests\n"
                  "refresh client 5/900 window failures\n"
                  "reset client 5/900 window failures\n"
                  "verify client 5/900 window failures\n"
                  "login_account account 10/900 backoff failures\n"
                  "password_account user 10/900 backoff failures\n"
                  "login_device account 5/900 window failures\n"
                  "reset_account account 5/3600 window requests\n"
                  "resend_account account 5/3600 window requests\n"
                  "register_account account 5/3600 window requests\n"
                  "change_address_account account 5/3600 window requests\n"
                  "verifications client 20/1 gcra to 100 requests\n");
}

TEST_CASE("limit: limits about logins are not announced to clients")
{
    CHECK(limit{a_limit(5, 1s)}.is_announced());
    CHECK_FALSE(limit{on_failures(a_limit(5, 1s))}.is_announced());
    CHECK_FALSE(limit{named("reset", a_limit(50, 1s))}.is_announced());
}
