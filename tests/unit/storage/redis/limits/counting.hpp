#pragma once

#include "gateway/storage/redis/limits/counters.hpp"
#include "tests/support/redis_loop.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/run.hpp"
#include "tests/unit/limits/limits.hpp"

#include <memory>
#include <string>
#include <vector>

namespace yett::tests {

// One place where limits are counted, empty at first; time goes as the charges say.
class counting
{
public:
    virtual ~counting() = default;
    virtual std::vector<limits::limit_verdict> spend(std::vector<limits::charge> const& what) = 0;
    virtual void settle(limits::charge const& what, limits::tick stamp, limits::charge_end how) = 0;

    limits::limit_verdict spend(limits::charge const& what)
    {
        std::vector<limits::charge> const only{what};
        return spend(only).front();
    }
};

class in_memory final : public counting
{
public:
    using counting::spend;
    std::vector<limits::limit_verdict> spend(std::vector<limits::charge> const& what) override
    {
        auto told = run(counters_.spend(what));
        REQUIRE(told.has_value());
        return std::move(*told);
    }
    void settle(limits::charge const& what, limits::tick stamp, limits::charge_end how) override
    {
        counters_.settle(what, stamp, how);
    }

private:
    limits::memory_counters counters_{limits::options_of(64u << 20)};
};

class in_redis final : public counting
{
public:
    in_redis() { REQUIRE(loop_.ask("FLUSHALL").has_value()); }

    using counting::spend;
    std::vector<limits::limit_verdict> spend(std::vector<limits::charge> const& what) override
    {
        auto told = loop_.run(counters_->spend(what));
        REQUIRE(told.has_value());
        return std::move(*told);
    }
    void settle(limits::charge const& what, limits::tick stamp, limits::charge_end how) override
    {
        counters_->settle(what, stamp, how);
    }

    limits::counters& port() { return *counters_; }
    redis_loop& loop() { return loop_; }

private:
    redis_loop loop_{shared_redis().options()};
    std::unique_ptr<limits::counters> counters_ =
        storage::redis::make_counters(loop_.client, loop_.loop.get_executor(), {"yett", storage::redis::counting_clock::caller});
};

// Runs a test in each place.
template<class Test>
void wherever_is_counted(Test const& test)
{
    {
        CAPTURE("memory");
        in_memory place;
        test(place);
    }
    CAPTURE("redis");
    in_redis place;
    test(place);
}

} // namespace yett::tests
