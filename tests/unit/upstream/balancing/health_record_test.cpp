#include "gateway/upstream/balancing/health_record.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace yett::upstream;

namespace {

// What each answer changes: '+' good, '-' bad; 'F' failed, 'R' recovered, 's' steadied, '.' nothing.
std::string news_of(std::string_view answers, unsigned healthy_after, unsigned unhealthy_after)
{
    health_check rules;
    rules.healthy_after = healthy_after;
    rules.unhealthy_after = unhealthy_after;
    health_record record;
    std::string all;
    for (auto const each : answers) {
        switch (record.heard(each == '+', rules)) {
        case health_record::news::none: all += '.'; break;
        case health_record::news::failed: all += 'F'; break;
        case health_record::news::recovered: all += 'R'; break;
        case health_record::news::steadied: all += 's'; break;
        }
    }
    return all;
}

} // namespace

TEST_CASE("health: answers of one kind in a row change what is thought of a server")
{
    struct
    {
        std::string_view answers;
        unsigned healthy_after;
        unsigned unhealthy_after;
        std::string_view news;
    } const rows[] = {
        {"++++", 2, 3, ".s.."},             // well from the start
        {"---", 2, 3, "F.."},               // the first answer decides
        {"-++", 2, 3, "F.R"},               // and from then on the numbers do
        {"+---", 2, 3, "...F"},             //
        {"+--+--", 2, 3, "......"},         // not in a row
        {"+---+-+-++", 2, 3, "...F.....R"}, //
        {"+-++", 2, 3, "...s"},             // well all the time, and steady again
        {"-+-+-+", 1, 1, "FRFRFR"},         //
        {"+-----", 2, 1, ".F...."},         // told once
        {"-+++", 3, 3, "F..R"},             //
        {"-+++++", 2, 3, "F.R..."},         //
    };
    for (auto const& row : rows) {
        CAPTURE(row.answers);
        CHECK(news_of(row.answers, row.healthy_after, row.unhealthy_after) == row.news);
    }
}

TEST_CASE("health: a server is well until it was asked")
{
    health_record record;
    CHECK(record.is_well());
    record.heard(false, {});
    CHECK_FALSE(record.is_well());
    record.heard(true, {});
    CHECK_FALSE(record.is_well());
    record.heard(true, {});
    CHECK(record.is_well());
}

TEST_CASE("health: codes of good answers")
{
    status_range const usual;
    CHECK(usual.contains(200));
    CHECK(usual.contains(299));
    CHECK_FALSE(usual.contains(199));
    CHECK_FALSE(usual.contains(300));
    status_range const one{401, 401};
    CHECK(one.contains(401));
    CHECK_FALSE(one.contains(400));
}
