#include "gateway/net/bodies/backlog.hpp"
#include "gateway/net/bodies/gathered_body.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::net;

TEST_CASE("backlog: bytes come out as they went in, whatever they were cut into")
{
    transport::buffer_pool pool{4096};
    buffer_budget budget{100'000};
    backlog b{pool, budget, 10'000};
    std::string in, out;
    for (std::size_t i = 0; i < 400; ++i) {
        auto const part = std::string(1 + i * 37 % 900, static_cast<char>('a' + i % 26));
        auto const put = b.put(part);
        CHECK(put == std::min(part.size(), 10'000 - (in.size() - out.size())));
        in += part.substr(0, put);
        for (auto left = i * 53 % 1200; left > 0 && !b.empty();) {
            auto const next = b.next().substr(0, left);
            out += next;
            left -= next.size();
            b.drop(next.size());
        }
        CHECK(b.size() == in.size() - out.size());
    }
    for (auto next = b.next(); !next.empty(); next = b.next()) {
        out += next;
        b.drop(next.size());
    }
    CHECK(in == out);
    CHECK(pool.lent() == 0);
    CHECK(budget.left() == 100'000);
    b.drop(0);
    CHECK(b.put("x") == 1);
}

TEST_CASE("backlog: it takes no more than its worker may hold")
{
    transport::buffer_pool pool{4096};
    buffer_budget budget{8192};
    backlog first{pool, budget, 64 * 1024};
    CHECK(first.put(std::string(5000, 'x')) == 5000);
    {
        backlog second{pool, budget, 64 * 1024};
        CHECK(second.put("y") == 0);
        CHECK(second.next().empty());
        first.drop(first.next().size());
        CHECK(second.put("y") == 1);
    }
    CHECK(first.put(std::string(9000, 'x')) == 4096 + (4096 - (5000 - 4096)));
    CHECK(budget.left() == 0);
}

TEST_CASE("gathered_body: it grows with what comes, up to its limit and within the budget")
{
    buffer_budget budget{20'000};
    {
        gathered_body g{budget, 10'000};
        CHECK(g.text().empty());
        std::string all;
        while (auto const room = g.room()) {
            auto const part = std::string(std::min<std::size_t>(room, 700), static_cast<char>('a' + all.size() % 26));
            g.add(part);
            all += part;
        }
        CHECK(g.text() == all);
        CHECK(all.size() == 10'000);
        CHECK(budget.left() == 10'000);
        gathered_body announced{budget, 10'000};
        CHECK(announced.room() == 4096);
        CHECK(budget.left() == 10'000 - 4096);
        gathered_body late{budget, 10'000};
        CHECK(late.room(8000) == 0);
    }
    CHECK(budget.left() == 20'000);
}
