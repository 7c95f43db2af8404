#include "gateway/pipeline/authentication/certainty.hpp"

#include "tests/support/print.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <optional>

using namespace yett;
using telemetry::stale_outcome;

namespace {

constexpr tokens::staleness_rules refusing{seconds{5}, false};
constexpr tokens::staleness_rules serving{seconds{5}, true};

steady_time current{};

steady_time fake_now() noexcept
{
    return current;
}

// Requests of one worker; what is known grows old without anybody waiting for it.
struct room
{
    explicit room(tokens::staleness_rules rules = refusing, bool alone = false)
        : sure{std::make_unique<pipeline::certainty>(pipeline::certainty::parts{
              alone ? nullptr : &known, rules, [this] { ++asked; }, times, io.get_executor(), figures, fake_now})}
    {
    }

    void known_since(seconds age) { known.reached(boot_now() - age); }
    void come()
    {
        auto& mine = said.emplace_back();
        boost::asio::co_spawn(io, sure->catch_up(), [&mine](std::exception_ptr, result<void> done) { mine = std::move(done); });
        settle();
    }
    void settle()
    {
        io.restart();
        io.poll();
    }
    void answer(bool fine)
    {
        sure->answered(fine);
        settle();
    }
    std::uint64_t count(stale_outcome what) const { return figures[what].value(); }

    boost::asio::io_context io{1};
    base::deadlines times{steady_time{}};
    tokens::completeness known;
    telemetry::by<stale_outcome> figures;
    int asked = 0;
    std::deque<std::optional<result<void>>> said;
    std::unique_ptr<pipeline::certainty> sure;
};

} // namespace

TEST_CASE("certainty: where nobody else revokes anything everything holds")
{
    room const r{refusing, true};
    CHECK(r.sure->holds(r.sure->known_at()));
    CHECK(r.sure->holds(boot_time{}));
}

TEST_CASE("certainty: what was found holds for as long as revocations may be unknown")
{
    room r;
    CHECK_FALSE(r.sure->holds(r.sure->known_at()));
    r.known_since(seconds{1});
    auto const then = r.sure->known_at();
    CHECK(r.sure->holds(then));
    CHECK_FALSE(r.sure->holds(then - seconds{10}));
}

// Others may have caught up between the look at the token and now; the token was not looked at since.
TEST_CASE("certainty: it is the age of the look that counts, not what is known by now")
{
    room r;
    r.known_since(seconds{60});
    auto const then = r.sure->known_at();
    r.known_since(seconds{0});
    CHECK_FALSE(r.sure->holds(then));
    r.come();
    CHECK(r.asked == 0);
    REQUIRE(r.said[0]);
    CHECK(*r.said[0]);
}

TEST_CASE("certainty: one question for all who wait, and all go on when it is answered")
{
    room r;
    for (int i = 0; i < 3; ++i) r.come();
    CHECK(r.asked == 1);
    CHECK_FALSE(r.said[2]);
    r.known_since(seconds{0});
    r.answer(true);
    for (auto const& each : r.said) {
        REQUIRE(each);
        CHECK(*each);
    }
    CHECK(r.count(stale_outcome::caught_up) == 3);
}

TEST_CASE("certainty: when nobody knows, all are refused, or all go on")
{
    room strict;
    strict.come();
    strict.answer(false);
    REQUIRE(strict.said[0]);
    CHECK(strict.said[0]->error() == errc::storage_unavailable);
    CHECK(strict.said[0]->error().from() == origin::ourselves);
    CHECK(strict.count(stale_outcome::refused) == 1);
    room lenient{serving};
    lenient.come();
    lenient.answer(false);
    REQUIRE(lenient.said[0]);
    CHECK(*lenient.said[0]);
    CHECK(lenient.count(stale_outcome::served) == 1);
    // Each is worth another question.
    lenient.come();
    CHECK(lenient.asked == 2);
}

TEST_CASE("certainty: a look that began before the process slept is not enough")
{
    room r;
    r.come();
    r.known_since(seconds{60});
    r.answer(true);
    CHECK_FALSE(r.said[0]);
    CHECK(r.asked == 2);
    r.known_since(seconds{0});
    r.answer(true);
    REQUIRE(r.said[0]);
    CHECK(*r.said[0]);
}

TEST_CASE("certainty: nobody waits for longer than two seconds")
{
    room r;
    r.come();
    r.times.tick(steady_time{milliseconds{1900}});
    r.settle();
    CHECK_FALSE(r.said[0]);
    r.times.tick(steady_time{milliseconds{2600}});
    r.settle();
    REQUIRE(r.said[0]);
    CHECK(r.said[0]->error() == errc::storage_unavailable);
    // Whoever comes now shares the question that is still under way.
    r.come();
    CHECK(r.asked == 1);
    r.known_since(seconds{0});
    r.answer(true);
    REQUIRE(r.said[1]);
    CHECK(*r.said[1]);
}

TEST_CASE("certainty: the two seconds begin when a request wakes up, not when its worker last looked at the clock")
{
    room r;
    current = steady_time{seconds{60}};
    r.come();
    r.times.tick(current + milliseconds{1000});
    r.settle();
    CHECK_FALSE(r.said[0]);
    r.known_since(seconds{0});
    r.answer(true);
    REQUIRE(r.said[0]);
    CHECK(*r.said[0]);
    current = steady_time{};
}

TEST_CASE("certainty: beyond 4,096 who wait the next is refused at once")
{
    room r;
    for (int i = 0; i < 4096; ++i) r.come();
    CHECK_FALSE(r.said.back());
    r.come();
    REQUIRE(r.said.back());
    CHECK(r.said.back()->error() == errc::storage_unavailable);
}
