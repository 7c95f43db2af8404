#pragma once

#include "gateway/tokens/keys/key_store.hpp"
#include "tests/contract/adapters.hpp"

namespace yett::tests {

// A store that a program of the past wrote, brought up to date by this one.
struct released_store
{
    std::string adapter;
    int schema = 0; // it was written with
    int holds = 0;  // what the schema of this number holds in SQLite
    opened store;
    std::unique_ptr<tokens::key_store> keys;
};

// Every schema that programs of the past left in this kind of store, as tests/released keeps it. Another
// kind joins by its line in released.cpp.
struct released_adapter
{
    std::string name;
    int newest = 0; // that this program knows
    std::function<released_store(int schema, std::string const& dump)> open;
};
std::vector<released_adapter> const& released_adapters();

// The dump of a store with this schema; empty when there is none.
std::string released_dump(std::string const& adapter, int schema);

// Runs a test on each of them.
template<class Test>
void on_every_released_store(Test const& test)
{
    for (auto const& each : released_adapters())
        for (int schema = 1; schema <= each.newest; ++schema) {
            auto const dump = released_dump(each.name, schema);
            if (dump.empty()) continue;
            CAPTURE(each.name);
            CAPTURE(schema);
            auto const old = each.open(schema, dump);
            test(old);
        }
}

} // namespace yett::tests
