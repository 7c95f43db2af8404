#include "gateway/storage/schema/schema_state.hpp"

#include <algorithm>

namespace yett::storage::schema {

int newest(std::span<step const> all) noexcept
{
    return all.empty() ? 0 : all.back().version;
}

fit fit_of(schema_state const& store, int program) noexcept
{
    if (store.oldest_program > program) return fit::too_new;
    if (store.version > program) return fit::ahead;
    return store.version < program ? fit::behind : fit::current;
}

std::span<step const> pending(std::span<step const> all, schema_state const& store) noexcept
{
    auto const taken = [&](step const& each) { return each.version <= store.version; };
    return all.subspan(static_cast<std::size_t>(std::ranges::count_if(all, taken)));
}

std::string say_too_new(schema_state const& store, int program)
{
    return "was written by a newer program: schema " + std::to_string(store.version) + ", on which programs from schema " +
           std::to_string(store.oldest_program) + " on may run; this one knows " + std::to_string(program);
}

} // namespace yett::storage::schema
