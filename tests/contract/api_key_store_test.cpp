#include "gateway/accounts/ports/api_key_store.hpp"

#include "tests/contract/adapters.hpp"

#include <atomic>
#include <thread>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

constexpr std::size_t plenty = 100;

api_key some_key(std::string const& id, user const& owner, seconds age = seconds{0})
{
    api_key made;
    made.id = id;
    made.user_id = owner.id;
    made.name = "of " + owner.email;
    made.hash = "hash-of-" + id;
    made.scopes = {"read", "a:b/c"};
    made.requests_per_minute = 4'000'000'000;
    made.created_at = noon - age;
    made.expires_at = noon + seconds{60};
    return made;
}

user added_user(opened const& store, std::string const& name)
{
    auto const made = some_user(name);
    REQUIRE(run(store.users().add(made)));
    return made;
}

std::vector<std::string> ids_of(std::vector<api_key> const& keys)
{
    std::vector<std::string> ids;
    for (auto const& each : keys) ids.push_back(each.id);
    return ids;
}

} // namespace

TEST_CASE("api keys: what was kept is found as it was")
{
    on_every_store([](opened const& store) {
        auto const anna = added_user(store, "anna");
        auto const made = some_key("k1", anna);
        REQUIRE(run(store.api_keys().add(made, plenty)));
        auto const found = run(store.api_keys().find("k1"));
        REQUIRE(found);
        CHECK(found->user_id == made.user_id);
        CHECK(found->name == made.name);
        CHECK(found->hash == made.hash);
        CHECK(found->scopes == made.scopes);
        CHECK(found->requests_per_minute == made.requests_per_minute);
        CHECK(found->created_at == made.created_at);
        CHECK(found->expires_at == made.expires_at);
        CHECK_FALSE(found->last_used);

        api_key bare = some_key("k2", anna);
        bare.scopes.clear();
        bare.expires_at.reset();
        bare.last_used = noon;
        REQUIRE(run(store.api_keys().add(bare, plenty)));
        auto const other = run(store.api_keys().find("k2"));
        CHECK(other->scopes.empty());
        CHECK_FALSE(other->expires_at);
        CHECK(other->last_used == noon);
        CHECK(run(store.api_keys().find("k3")).error() == errc::not_found);
        CHECK(run(store.api_keys().find("")).error() == errc::not_found);
    });
}

TEST_CASE("api keys: an id exists once, an owner exists, and nobody has more than allowed")
{
    on_every_store([](opened const& store) {
        auto const anna = added_user(store, "anna");
        auto const ben = added_user(store, "ben");
        REQUIRE(run(store.api_keys().add(some_key("k1", anna), 2)));
        CHECK(run(store.api_keys().add(some_key("k1", ben), 2)).error() == errc::conflict);
        CHECK(run(store.api_keys().find("k1"))->user_id == anna.id);
        CHECK(run(store.api_keys().add(some_key("k2", some_user("nobody")), 2)).error() == errc::not_found);
        REQUIRE(run(store.api_keys().add(some_key("k3", anna), 2)));
        CHECK(run(store.api_keys().add(some_key("k4", anna), 2)).error() == errc::conflict);
        CHECK(run(store.api_keys().find("k4")).error() == errc::not_found);
        CHECK(run(store.api_keys().add(some_key("k5", ben), 2)));
        REQUIRE(run(store.api_keys().remove(anna.id, "k1")));
        CHECK(run(store.api_keys().add(some_key("k4", anna), 2)));
    });
}

TEST_CASE("api keys: of many who add at once no more succeed than there is room for")
{
    on_every_store([](opened const& store) {
        auto const anna = added_user(store, "anna");
        std::atomic<int> added{0};
        {
            std::vector<std::jthread> callers;
            for (int i = 0; i < 12; ++i)
                callers.emplace_back([&store, &anna, &added, i] {
                    if (run(store.api_keys().add(some_key("k" + std::to_string(i), anna), 5))) ++added;
                });
        }
        CHECK(added == 5);
        CHECK(run(store.api_keys().list(anna.id))->size() == 5);
    });
}

TEST_CASE("api keys: a list has the youngest first, and pages lead through everybody's")
{
    on_every_store([](opened const& store) {
        auto const anna = added_user(store, "anna");
        auto const ben = added_user(store, "ben");
        REQUIRE(run(store.api_keys().add(some_key("b", anna, seconds{30}), plenty)));
        REQUIRE(run(store.api_keys().add(some_key("d", anna, seconds{20}), plenty)));
        REQUIRE(run(store.api_keys().add(some_key("c", anna, seconds{10}), plenty)));
        REQUIRE(run(store.api_keys().add(some_key("a", ben), plenty)));
        CHECK(ids_of(*run(store.api_keys().list(anna.id))) == std::vector<std::string>{"c", "d", "b"});
        CHECK(run(store.api_keys().list("nobody"))->empty());
        CHECK(ids_of(*run(store.api_keys().list_all({"", 3}))) == std::vector<std::string>{"a", "b", "c"});
        CHECK(ids_of(*run(store.api_keys().list_all({"c", 3}))) == std::vector<std::string>{"d"});
        CHECK(run(store.api_keys().list_all({"d", 3}))->empty());
    });
}

TEST_CASE("api keys: one is removed by its owner alone, all of them at once, and all with the owner")
{
    on_every_store([](opened const& store) {
        auto const anna = added_user(store, "anna");
        auto const ben = added_user(store, "ben");
        for (auto const* const id : {"k1", "k2", "k3"}) REQUIRE(run(store.api_keys().add(some_key(id, anna), plenty)));
        for (auto const* const id : {"k4", "k5"}) REQUIRE(run(store.api_keys().add(some_key(id, ben), plenty)));
        CHECK(run(store.api_keys().remove(ben.id, "k1")).error() == errc::not_found);
        CHECK(run(store.api_keys().remove(anna.id, "k1")));
        CHECK(run(store.api_keys().remove(anna.id, "k1")).error() == errc::not_found);
        auto gone = *run(store.api_keys().remove_all(anna.id));
        std::sort(gone.begin(), gone.end());
        CHECK(gone == std::vector<std::string>{"k2", "k3"});
        CHECK(run(store.api_keys().remove_all(anna.id))->empty());
        REQUIRE(run(store.users().remove(ben.id)));
        CHECK(run(store.api_keys().find("k4")).error() == errc::not_found);
        CHECK(run(store.api_keys().list_all({"", 9}))->empty());
    });
}

TEST_CASE("api keys: the last use is noted and never moves back")
{
    on_every_store([](opened const& store) {
        auto const anna = added_user(store, "anna");
        REQUIRE(run(store.api_keys().add(some_key("k1", anna), plenty)));
        REQUIRE(run(store.api_keys().touch("k1", noon + seconds{60})));
        CHECK(run(store.api_keys().find("k1"))->last_used == noon + seconds{60});
        REQUIRE(run(store.api_keys().touch("k1", noon)));
        CHECK(run(store.api_keys().find("k1"))->last_used == noon + seconds{60});
        CHECK(run(store.api_keys().touch("gone", noon)));
    });
}
