#pragma once

#include "gateway/base/result.hpp"
#include "gateway/storage/transfer/row.hpp"
#include "gateway/storage/transfer/tables.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace yett::storage::transfer {

// One of the two stores of a copy, as whoever copies needs it: for commands, on one thread.
// Everything may fail with storage_unavailable.
class side
{
public:
    virtual ~side() = default;

    // As people know it, without a password; of two stores never the same.
    virtual std::string const& name() const = 0;

    // Who else works on it, in words; nothing where nobody is known to. A store that can be
    // kept to oneself is, from this call on.
    virtual result<std::optional<std::string>> others() = 0;

    virtual result<std::uint64_t> count(table const& of) = 0;
    // At most so many rows in the order of their keys, from behind `after` on; an empty one is
    // before all others.
    virtual result<std::vector<row>> page(table const& of, row const& after, std::size_t limit) = 0;
    // The key of the last row; empty where there is none.
    virtual result<row> last_key(table const& of) = 0;
};

// The store that is filled. Until finish() no program serves from it.
class copy_target : public side
{
public:
    // Makes it ready for a copy of the store with this name, or to go on with one that was broken
    // off. `conflict`, with a note, when it holds something that no such copy has put there.
    virtual result<void> begin(std::string const& from) = 0;
    // All of them or none; durable when it returns. `conflict` when one is there already.
    virtual result<void> append(table const& to, std::vector<row> const& rows) = 0;
    virtual result<void> finish() = 0;
};

} // namespace yett::storage::transfer
