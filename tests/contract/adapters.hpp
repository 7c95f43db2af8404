#pragma once

#include "gateway/accounts/ports/stores.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace yett::tests {

// A fresh, empty store and whatever it needs to exist.
struct opened
{
    std::shared_ptr<void> ground; // dies last: a folder, a server
    accounts::stores stores;

    accounts::user_store& users() const { return *stores.users; }
    accounts::session_store& sessions() const { return *stores.sessions; }
    accounts::outbox& letters() const { return *stores.letters; }
    accounts::link_store& links() const { return *stores.links; }
    accounts::api_key_store& api_keys() const { return *stores.api_keys; }
};

struct adapter
{
    std::string name;
    std::function<opened()> open;
};

// Every adapter there is; a new one adds its line here and passes everything.
std::vector<adapter> const& adapters();

// Runs a test on a fresh store of each adapter.
template<class Test>
void on_every_store(Test const& test)
{
    for (auto const& each : adapters()) {
        CAPTURE(each.name);
        auto const store = each.open();
        test(store);
    }
}

inline constexpr wall_time noon{seconds{1'700'000'000}};

accounts::user some_user(std::string const& name);
// A session of that user, whose first refresh token hashes to "t0" and whose family is its id's.
accounts::session some_session(accounts::user const& owner, std::string const& id);
accounts::rotation some_rotation(accounts::session const& of, std::string const& presented, std::string const& successor);

} // namespace yett::tests
