#pragma once

#include "config/values/settings.hpp"
#include "gateway/tokens/keys/key_ring.hpp"

#include <memory>

namespace yett::app {

// The signing keys in their store, for commands; running programs look into it once a second.
class key_shelf
{
public:
    // Makes the first key where there is none. Throws startup_error.
    explicit key_shelf(config::settings const& s);

    tokens::key_ring& ring() noexcept { return ring_; }

    // Throws startup_error for a failure.
    static void check(result<void> const& done);

private:
    std::unique_ptr<tokens::key_store> store_;
    tokens::key_ring ring_;
};

} // namespace yett::app
