#include "gateway/storage/redis/limits/counter_command.hpp"

#include "tests/unit/limits/limits.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::limits;
using namespace yett::storage::redis;
using namespace std::chrono_literals;

namespace {

resp_value numbers(std::vector<std::int64_t> const& of)
{
    resp_value list;
    list.what = resp_value::kind::list;
    for (auto const each : of) {
        resp_value number;
        number.what = resp_value::kind::integer;
        number.number = each;
        list.items.push_back(number);
    }
    return list;
}

std::string sent(command const& what)
{
    std::string bytes;
    what.write_to(bytes);
    return bytes;
}

// The words of a command behind digest, number of keys and key.
std::vector<std::string> arguments(command const& what)
{
    std::vector<std::string> words;
    auto const bytes = sent(what);
    for (std::size_t at = bytes.find('$'); at != bytes.npos;) {
        auto const begin = bytes.find("\r\n", at) + 2;
        auto const length = std::stoul(bytes.substr(at + 1));
        words.push_back(bytes.substr(begin, length));
        at = bytes.find('$', begin + length);
    }
    return {words.begin() + 4, words.end()};
}

} // namespace

TEST_CASE("counter_command: a key names the limit, and whoever is counted by a hash alone")
{
    limit const of{named("login", a_limit(5, 15min))};
    auto const key = counter_key("yett", {&of, "ada@example.com", at(0s)});
    CHECK(key.starts_with("yett:limit:login:{"));
    CHECK(key.ends_with("}"));
    CHECK(counter_key("other", {&of, "k", at(0s)}).starts_with("other:limit:login:{"));
    CHECK(key.find("ada") == key.npos);
    CHECK(key == counter_key("yett", {&of, "ada@example.com", at(1h)}));
    CHECK(key != counter_key("yett", {&of, "bob@example.com", at(0s)}));
    limit const changed{named("login", a_limit(6, 15min))}, lends{on_failures(named("login", a_limit(5, 15min)))};
    CHECK(key != counter_key("yett", {&changed, "ada@example.com", at(0s)}));
    CHECK(key != counter_key("yett", {&lends, "ada@example.com", at(0s)})); // its counter looks otherwise
}

TEST_CASE("counter_command: the words of each algorithm, in microseconds and exactly")
{
    using words = std::vector<std::string>;
    auto rate = a_limit(3, 1s, counting_algorithm::gcra);
    limit const window{a_limit(5, 1500ns)}, gcra{rate}, backoff{on_failures(a_limit(10, 15min, counting_algorithm::backoff))};
    counter_options const by;
    counter_options const by_caller{"yett", counting_clock::caller};
    CHECK(arguments(spend_command({&window, "k", at(0s)}, by)) == words{"spend", "", "window", "1", "0", "5", "2"});
    CHECK(arguments(spend_command({&gcra, "k", at(0s), 2}, by)) ==
          words{"spend", "", "gcra", "2", "0", "1000000", "2", "666666", "668"});
    CHECK(arguments(spend_command({&backoff, "k", at(0s)}, by)) ==
          words{"spend", "", "backoff", "1", "120000000", "10", "900000000"});
    CHECK(arguments(spend_command({&window, "k", at(1ms)}, by_caller))[1] == "3600001000");
    CHECK(arguments(settle_command({&window, "k", at(0s)}, 7000, charge_end::given_back, by)) ==
          words{"give_back", "", "window", "1", "0", "5", "2", "7"});
    CHECK(arguments(settle_command({&gcra, "k", at(0s)}, 7001, charge_end::confirmed, by)) ==
          words{"confirm", "", "gcra", "1", "0", "1000000", "2", "333333", "334", "7", "1"});
    // Beyond the burst; its product with the interval could not be held.
    CHECK(arguments(spend_command({&gcra, "k", at(0s), 4'000'000'000}, by))[7] == "1333333");
}

TEST_CASE("counter_command: an answer of the script is a verdict, and nothing else is")
{
    limit const window{a_limit(5, 1min)}, gcra{a_limit(10, 1s, counting_algorithm::gcra)};
    charge const by_window{&window, "k", at(0s)}, by_rate{&gcra, "k", at(0s)};
    auto const told = verdict_of(numbers({0, 1, 100, 3, 20, 10, 90}), by_window);
    REQUIRE(told.has_value());
    CHECK_FALSE(told->allowed);
    CHECK(told->held);
    CHECK(told->remaining == 3);
    CHECK(told->reset == 20us);
    CHECK(told->retry_after == 10us);
    CHECK(told->stamp == 90'000);
    auto const rate = verdict_of(numbers({1, 0, 1'000'000, 1'000'100, 5}), by_rate);
    REQUIRE(rate.has_value());
    CHECK(rate->allowed);
    CHECK(rate->remaining == 8);
    CHECK(rate->stamp == 1'100'100'005);
    for (auto const& bad : {resp_value{}, numbers({}), numbers({1, 0, 1, 1, 1, 1}), numbers({1, 0, 1, 1, 1})})
        CHECK(verdict_of(bad, by_window).error().code() == errc::storage_unavailable);
    CHECK_FALSE(verdict_of(numbers({1, 0, 100, 3, 20, 10, 90}), by_rate).has_value());
}
