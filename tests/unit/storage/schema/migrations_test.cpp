#include "gateway/storage/schema/migrations.hpp"

#include <doctest/doctest.h>

#include <array>
#include <stdexcept>
#include <vector>

using namespace yett::storage::schema;

namespace {

constexpr std::array three{step{1, 1, "a"}, step{2, 1, "b"}, step{3, 2, "c"}};

// A store that writes down what is done to it.
class written_down final : public migrations
{
public:
    explicit written_down(schema_state at) : at_{at} {}

    std::vector<std::string> done;
    bool copy_fails = false;
    int broken_step = 0;

    std::string name() const override { return "store"; }
    std::span<step const> steps() const override { return three; }
    schema_state look() override { return at_; }
    std::optional<kept_copy> keep_copy() override
    {
        if (copy_fails) throw std::runtime_error{"no space left"};
        done.emplace_back("copy");
        return kept_copy{"store.before-3", true};
    }
    std::optional<int> take_step() override
    {
        auto const due = pending(three, at_);
        if (due.empty()) return std::nullopt;
        if (due.front().version == broken_step) throw std::runtime_error{"broken"};
        at_ = {due.front().version, due.front().oldest_program};
        done.push_back("step " + std::to_string(at_.version));
        return at_.version;
    }

private:
    schema_state at_;
};

std::vector<std::string> done_to(written_down& store)
{
    std::vector<std::string> told;
    witness const hears{[&](kept_copy const& copy) {
                            told.push_back("copy");
                            CHECK(copy.name == "store.before-3");
                        },
                        [&](int version) { told.push_back("step " + std::to_string(version)); }};
    bring_up_to_date(store, hears);
    return told;
}

} // namespace

TEST_CASE("migrations: one copy, then each step in its turn, and all of it is told")
{
    written_down old{{1, 1}};
    CHECK(done_to(old) == std::vector<std::string>{"copy", "step 2", "step 3"});
    CHECK(old.done == std::vector<std::string>{"copy", "step 2", "step 3"});
}

TEST_CASE("migrations: nothing is copied or told where there is nothing, and nothing done where nothing is pending")
{
    written_down empty{{0, 0}};
    CHECK(done_to(empty).empty());
    CHECK(empty.done == std::vector<std::string>{"step 1", "step 2", "step 3"});
    for (auto const at : {schema_state{3, 2}, schema_state{5, 3}}) {
        written_down store{at};
        CHECK(done_to(store).empty());
        CHECK(store.done.empty());
    }
}

TEST_CASE("migrations: without its copy nothing is begun")
{
    written_down store{{1, 1}};
    store.copy_fails = true;
    CHECK_THROWS_WITH(bring_up_to_date(store, {}), "no space left");
    CHECK(store.done.empty());
}

TEST_CASE("migrations: a step that fails keeps those before it, and the next call goes on from there")
{
    written_down store{{1, 1}};
    store.broken_step = 3;
    CHECK_THROWS_WITH(bring_up_to_date(store, {}), "broken");
    CHECK(store.done == std::vector<std::string>{"copy", "step 2"});
    store.broken_step = 0;
    store.done.clear();
    CHECK(done_to(store) == std::vector<std::string>{"copy", "step 3"});
}

TEST_CASE("migrations: what is too new is refused by name, before anything is done")
{
    written_down store{{5, 4}};
    CHECK_THROWS_WITH_AS(bring_up_to_date(store, {}), doctest::Contains("store: was written by a newer program"),
                         std::runtime_error);
    CHECK(store.done.empty());
}
