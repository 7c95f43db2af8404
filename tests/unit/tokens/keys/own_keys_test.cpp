#include "gateway/tokens/keys/own_keys.hpp"

#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

constexpr key_schedule by{.rotate_every = seconds{100}, .publish_before = seconds{20}, .keep_for = seconds{50}};

own_key key(unsigned number, std::int64_t signs_from)
{
    return {test_key(), number, at(signs_from - 20), at(signs_from)};
}

} // namespace

TEST_CASE("own keys: each signs from its moment until the next one's")
{
    std::vector const keys{key(1, 0), key(2, 100), key(3, 200)};
    struct
    {
        std::int64_t now;
        unsigned signing;
    } const rows[]{{-1, 1}, {0, 1}, {99, 1}, {100, 2}, {199, 2}, {200, 3}, {100'000, 3}};
    for (auto const& [now, signing] : rows) CHECK(signing_among(keys, at(now)).number == signing);
}

TEST_CASE("own keys: one is coming, signing, retired and spent in turn")
{
    std::vector const keys{key(1, 0), key(2, 100)};
    struct
    {
        std::int64_t now;
        key_state first, second;
    } const rows[]{{0, key_state::signing, key_state::coming},    {99, key_state::signing, key_state::coming},
                   {100, key_state::retired, key_state::signing}, {149, key_state::retired, key_state::signing},
                   {150, key_state::spent, key_state::signing},   {100'000, key_state::spent, key_state::signing}};
    for (auto const& [now, first, second] : rows) {
        CHECK(state_of(keys, keys[0], by, at(now)) == first);
        CHECK(state_of(keys, keys[1], by, at(now)) == second);
    }
}

TEST_CASE("own keys: a younger key that signs earlier takes over at its moment")
{
    std::vector const keys{key(1, 0), key(2, 100), key(3, 50)};
    CHECK(signing_among(keys, at(50)).number == 3);
    CHECK(signing_among(keys, at(100)).number == 3);
    CHECK(retires_at(keys, keys[0]) == at(50));
    CHECK(retires_at(keys, keys[1]) == at(100));
    CHECK(state_of(keys, keys[1], by, at(120)) == key_state::retired);
    CHECK(retires_at(keys, keys[2]) == wall_time::max());
}

TEST_CASE("own keys: a successor is due so early that it is published before it signs")
{
    std::vector const keys{key(1, 0)};
    CHECK(successor_due(keys, by) == at(80));
    CHECK(successor_signs_from(keys, by, at(80)) == at(100));
    CHECK(successor_signs_from(keys, by, at(70)) == at(100));
    CHECK_MESSAGE(successor_signs_from(keys, by, at(1000)) == at(1020), "nobody was there at the time");
}
