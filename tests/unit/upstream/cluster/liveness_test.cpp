#include "gateway/upstream/cluster/liveness.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace std::chrono_literals;
using upstream::liveness;
using step = liveness::step;

namespace {

constexpr upstream::http2_options usual{100, 60'000ms, 10'000ms};
constexpr steady_time begin{1000s};

} // namespace

TEST_CASE("liveness: silence is asked about while somebody waits, and is an end when that is not answered")
{
    liveness life{usual, begin};
    auto const idle = life.look(false, begin + 2h);
    CHECK(idle.is == step::wait);
    CHECK(idle.again == 0ms);

    life.heard(begin + 2h);
    auto const early = life.look(true, begin + 2h + 20s);
    CHECK(early.is == step::wait);
    CHECK(early.again == 40s);
    auto const due = life.look(true, begin + 2h + 60s);
    CHECK(due.is == step::ask);
    CHECK(due.again == 10s);
    auto const patient = life.look(true, begin + 2h + 63s);
    CHECK(patient.is == step::wait);
    CHECK(patient.again == 7s);
    CHECK(life.look(true, begin + 2h + 70s).is == step::give_up);
}

TEST_CASE("liveness: any word is an answer")
{
    liveness life{usual, begin};
    CHECK(life.look(true, begin + 60s).is == step::ask);
    life.heard(begin + 61s);
    auto const calm = life.look(true, begin + 75s);
    CHECK(calm.is == step::wait);
    CHECK(calm.again == 46s);
}

TEST_CASE("liveness: the silence before somebody waits is none")
{
    liveness life{usual, begin};
    CHECK(life.begin_waiting(begin + 50s) == 60s);
    CHECK(life.look(true, begin + 60s).again == 50s);
    CHECK(life.look(true, begin + 110s).is == step::ask);
    CHECK(life.begin_waiting(begin + 114s) == 6s); // an answer is owed as it was
    CHECK(life.begin_waiting(begin + 121s) == 1ms);
    CHECK(life.look(true, begin + 121s).is == step::give_up);
    liveness never{{100, 0ms, 10'000ms}, begin};
    CHECK(never.begin_waiting(begin) == 0ms);
}

TEST_CASE("liveness: a question is waited for though nobody is left who wanted to know")
{
    liveness life{usual, begin};
    CHECK(life.look(true, begin + 60s).is == step::ask);
    CHECK(life.look(false, begin + 65s).again == 5s);
    CHECK(life.look(false, begin + 70s).is == step::give_up);
}

TEST_CASE("liveness: an interval of zero asks nobody, but where a request was in vain")
{
    liveness life{{100, 0ms, 10'000ms}, begin};
    CHECK(life.look(true, begin + 24h).is == step::wait);
    CHECK(life.look(true, begin + 24h).again == 0ms);
    life.heard(begin + 24h);
    CHECK_FALSE(life.doubt(60s, begin + 24h + 59s)); // it spoke while that request waited
    CHECK(life.doubt(60s, begin + 24h + 60s));
    CHECK_FALSE(life.doubt(60s, begin + 24h + 61s)); // once is enough
    CHECK(life.look(true, begin + 24h + 62s).again == 8s);
    CHECK(life.look(true, begin + 24h + 70s).is == step::give_up);
}
