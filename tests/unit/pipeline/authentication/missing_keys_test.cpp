#include "gateway/pipeline/authentication/missing_keys.hpp"

#include "tests/support/run.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>

using namespace yett;
using namespace yett::tests;

namespace {

constexpr std::size_t most_waiting = 4096;

// Requests that wait on one worker; the test is its clock.
struct room
{
    boost::asio::io_context io{1};
    base::deadlines times{steady_time{}};
    bool on_the_way = true;
    std::vector<std::size_t> asked;
    std::unique_ptr<pipeline::missing_keys> keys =
        std::make_unique<pipeline::missing_keys>(pipeline::missing_keys::parts{[this](std::size_t issuer) {
                                                                                   asked.push_back(issuer);
                                                                                   return on_the_way;
                                                                               },
                                                                               times, io.get_executor()});
    std::deque<std::optional<bool>> said; // of each that waits: whether it is worth another look

    void wait(steady_time until)
    {
        auto& mine = said.emplace_back();
        boost::asio::co_spawn(io, keys->wait(until), [&mine](std::exception_ptr, bool news) { mine = news; });
        settle();
    }
    void settle()
    {
        io.restart();
        io.poll();
    }
    void tick(milliseconds since_start)
    {
        times.tick(steady_time{since_start});
        settle();
    }
};

tokens::verifier const& judge()
{
    static tokens::verifier const one{{own_issuer_with({test_key().verification()}),
                                       foreign_issuer("https://idp.test", {test_key(tokens::algorithm::eddsa).verification()})}};
    return one;
}

std::string foreign_token()
{
    return a_token().from("https://idp.test").signed_with(test_key()).text();
}

} // namespace

TEST_CASE("missing keys: who waits goes on when keys come, and before that when patience ends")
{
    room r;
    r.wait(steady_time{milliseconds{1000}});
    r.wait(steady_time{milliseconds{5000}});
    r.tick(milliseconds{750});
    CHECK_FALSE(r.said[0]);
    r.tick(milliseconds{1500});
    CHECK(r.said[0] == false);
    CHECK_FALSE(r.said[1]);
    r.keys->arrived();
    r.settle();
    CHECK(r.said[1] == true);
    r.tick(milliseconds{9000});
    CHECK(r.said[1] == true);
}

TEST_CASE("missing keys: whoever comes after the keys waits for the next")
{
    room r;
    r.keys->arrived();
    r.wait(steady_time{milliseconds{1000}});
    CHECK_FALSE(r.said[0]);
    r.keys->arrived();
    r.settle();
    CHECK(r.said[0] == true);
}

TEST_CASE("missing keys: patience is two seconds")
{
    room r;
    r.tick(milliseconds{700});
    CHECK(r.keys->wait_deadline() == steady_time{milliseconds{2700}});
}

TEST_CASE("missing keys: only a token that names an issuer whose keys are on the way has any to come")
{
    room r;
    CHECK(r.keys->issuer_to_ask(judge(), foreign_token()) == 1);
    CHECK(r.asked.empty()); // nobody has been asked yet
    CHECK(r.keys->request_refresh(1));
    CHECK(r.asked == std::vector<std::size_t>{1});
    CHECK_FALSE(r.keys->issuer_to_ask(judge(), "no token"));
    CHECK_FALSE(r.keys->issuer_to_ask(judge(), a_token().from("https://nobody.test").text()));
    CHECK_FALSE(r.keys->issuer_to_ask(judge(), a_token().with_header("kid", "another").text())); // ours are all here
    r.on_the_way = false;
    CHECK_FALSE(r.keys->request_refresh(1));

    pipeline::missing_keys const nobody_to_ask{{nullptr, r.times, r.io.get_executor()}};
    CHECK_FALSE(nobody_to_ask.issuer_to_ask(judge(), foreign_token()));
}

TEST_CASE("missing keys: the number of those that wait is bounded, and asks nobody beyond")
{
    room r;
    for (std::size_t i = 0; i < most_waiting; ++i) {
        CHECK(r.keys->issuer_to_ask(judge(), foreign_token()));
        r.wait(steady_time{milliseconds{1000}});
    }
    CHECK_FALSE(r.keys->issuer_to_ask(judge(), foreign_token()));
    r.keys->arrived();
    r.settle();
    CHECK(std::ranges::all_of(r.said, [](auto const& each) { return each == true; }));
    CHECK(r.keys->issuer_to_ask(judge(), foreign_token()));
}

TEST_CASE("missing keys: who waits at the end of the worker is let go without an answer")
{
    room r;
    r.wait(steady_time{milliseconds{1000}});
    r.keys.reset();
    r.settle();
    r.tick(milliseconds{3000});
    CHECK_FALSE(r.said[0]);
}
