#include "gateway/net/open_connections.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace yett;

namespace {

struct a_connection final : net::connection
{
    explicit a_connection(std::string& told_, char name_ = '-') : told{told_}, name{name_} {}
    ~a_connection() = default;
    void drain() override { tell("d"); }
    void close_now() override { tell("c"); }
    void make_room() override { tell("m"); }
    void tell(char const* what) { (told += what) += name; }

    std::string& told;
    char name;
};

struct scene
{
    telemetry::metrics metrics{1, {}};
    telemetry::shard& figures = metrics.shard(0);
    std::string told;
    net::open_connections open{figures};
    std::vector<std::unique_ptr<a_connection>> all;

    explicit scene(std::string const& names = {})
    {
        for (auto const name : names) {
            all.push_back(std::make_unique<a_connection>(told, name));
            open.enter(*all.back());
        }
    }
    ~scene() { leave(all.size()); }
    void enter(std::size_t many)
    {
        for (; many > 0; --many) open.enter(*all.emplace_back(std::make_unique<a_connection>(told)));
    }
    void leave(std::size_t many)
    {
        for (; many > 0; --many) {
            open.leave(*all.back());
            all.pop_back();
        }
    }
    void rest(std::size_t many)
    {
        for (std::size_t i = 0; i < many; ++i) open.rests(*all[i]);
    }
    a_connection& operator[](char name)
    {
        for (auto& each : all)
            if (each->name == name) return *each;
        return *all.front();
    }
};

} // namespace

TEST_CASE("open connections: who makes room is silent the longest, and after those at rest the longest")
{
    scene s{"abcdef"};
    CHECK_MESSAGE(!s.open.make_room(), "all are busy");
    s.open.rests(s['a']);
    s.open.is_silent(s['b']);
    s.open.rests(s['c']);
    s.open.is_silent(s['d']);
    s.open.is_silent(s['e']);
    s.open.speaks(s['d']);
    s.open.rests(s['c']);  // for the second time in a row: its turn stays
    s.open.speaks(s['f']); // that was busy
    while (s.open.make_room()) {}
    CHECK(s.told == "mbmemamc");
    CHECK(s.figures.clients_given_up[telemetry::given_up::silent].value() == 2);
    CHECK(s.figures.clients_given_up[telemetry::given_up::idle].value() == 2);
    CHECK_MESSAGE(s.open.size() == 6, "who is asked to leaves when it does");
}

TEST_CASE("open connections: one that rests again waits at the end")
{
    scene s{"ab"};
    s.open.rests(s['a']);
    s.open.rests(s['b']);
    s.open.speaks(s['a']);
    s.open.rests(s['a']);
    CHECK(s.open.make_room());
    CHECK(s.told == "mb");
}

TEST_CASE("open connections: one that has gone makes no room")
{
    scene s{"a"};
    s.open.is_silent(s['a']);
    s.leave(1);
    CHECK(!s.open.make_room());
    CHECK(s.open.empty());
}

TEST_CASE("open connections: all are told to drain and to close")
{
    scene s{"ab"};
    s.open.drain_all();
    s.open.close_all();
    CHECK(s.told == "dadbcacb");
}

TEST_CASE("open connections: when memory is worth giving back")
{
    struct row
    {
        char const* what;
        std::size_t entered;
        std::size_t left;
        std::size_t rested;
        bool at_once;   // when asked the first time
        bool when_calm; // and when nothing happened until the second
    };
    for (auto const& each : {
             row{"nobody came", 0, 0, 0, false, false},
             row{"half of a crowd has left", 256, 128, 0, true, false},
             row{"nearly half of it", 256, 127, 0, false, false},
             row{"all of a small crowd", 255, 255, 0, false, false},
             row{"many fell silent", 256, 0, 256, true, false},
             row{"not as many", 256, 0, 255, false, true},
             row{"some, and it is calm", 8, 0, 8, false, true},
             row{"a few are not worth it", 7, 0, 7, false, false},
         }) {
        INFO(std::string{each.what});
        scene s;
        s.enter(each.entered);
        s.rest(each.rested);
        s.leave(each.left);
        CHECK(s.open.left_much_memory() == each.at_once);
        CHECK(s.open.left_much_memory() == each.when_calm);
        CHECK_MESSAGE(!s.open.left_much_memory(), "it was given back");
    }
}
