#include "gateway/storage/schema/migrations.hpp"

#include <stdexcept>

namespace yett::storage::schema {

void bring_up_to_date(migrations& store, witness const& told)
{
    auto const before = store.look();
    auto const program = newest(store.steps());
    auto const fits = fit_of(before, program);
    if (fits == fit::too_new) throw std::runtime_error{store.name() + ": " + say_too_new(before, program)};
    if (fits != fit::behind) return;
    auto const holds_something = before.version > 0;
    if (holds_something)
        if (auto const copy = store.keep_copy(); copy && told.copied) told.copied(*copy);
    while (auto const version = store.take_step())
        if (holds_something && told.stepped) told.stepped(*version);
}

void require_schema(migrations& store)
{
    auto const here = store.look();
    auto const program = newest(store.steps());
    if (here.version > 0 && fit_of(here, program) == fit::behind)
        throw std::runtime_error{store.name() + ": has schema " + std::to_string(here.version) + ", this program works with " +
                                 std::to_string(program) + "; `yett migrate up` brings it there"};
    bring_up_to_date(store, {});
}

} // namespace yett::storage::schema
