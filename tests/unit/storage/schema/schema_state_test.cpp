#include "gateway/storage/schema/schema_state.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace yett::storage::schema;

namespace {

constexpr std::array three{step{1, 1, "a"}, step{2, 1, "b"}, step{3, 2, "c"}};

} // namespace

TEST_CASE("standing: what a program may do with a store")
{
    struct row
    {
        schema_state store;
        int program;
        fit wanted;
    };
    for (auto const& each : {
             row{{0, 0}, 3, fit::behind},  // nothing there yet
             row{{2, 1}, 3, fit::behind},  // left by the program before
             row{{3, 2}, 3, fit::current}, // its own
             row{{4, 3}, 3, fit::ahead},   // a newer one expanded it
             row{{9, 3}, 3, fit::ahead},   // and again
             row{{4, 4}, 3, fit::too_new}, // a newer one changed its meaning
             row{{9, 8}, 3, fit::too_new},
             row{{0, 0}, 0, fit::current},
         }) {
        CAPTURE(each.store.version);
        CAPTURE(each.store.oldest_program);
        CHECK(fit_of(each.store, each.program) == each.wanted);
    }
}

TEST_CASE("standing: pending is what the store has not taken, in order")
{
    CHECK(newest(three) == 3);
    CHECK(newest({}) == 0);
    CHECK(pending(three, {}).size() == 3);
    CHECK(pending(three, {1, 1}).front().version == 2);
    CHECK(pending(three, {2, 1}).size() == 1);
    CHECK(pending(three, {3, 2}).empty());
    CHECK(pending(three, {7, 2}).empty());
}

TEST_CASE("standing: a refusal names all three versions")
{
    auto const said = say_too_new({12, 11}, 10);
    for (auto const* const part : {"schema 12", "from schema 11", "knows 10"}) CHECK(said.find(part) != said.npos);
}
