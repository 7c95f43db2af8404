#include "gateway/app/keys/key_shelf.hpp"

#include "gateway/app/keys/token_keys.hpp"
#include "gateway/app/parts/open_stores.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/storage_schema.hpp"
#include "gateway/base/async/run_to_end.hpp"

namespace yett::app {

key_shelf::key_shelf(config::settings const& s)
    : store_{open_key_store(s, told_on_terminal())},
      ring_{*store_, key_ring_options(s)}
{
    auto const ready = run_to_end(ring_.refresh(wall_now()));
    check(ready ? result<void>{} : ready.error());
}

void key_shelf::check(result<void> const& done)
{
    if (!done) throw startup_error{startup_error::blame::unavailable, "tokens.keys: " + describe(done.error())};
}

} // namespace yett::app
