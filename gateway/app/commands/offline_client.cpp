#include "gateway/app/commands/offline_client.hpp"

#include "gateway/accounts/account_services.hpp"
#include "gateway/accounts/passwords/password.hpp"
#include "gateway/app/parts/logs.hpp"
#include "gateway/app/parts/open_stores.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/storage_schema.hpp"
#include "gateway/app/parts/translate.hpp"
#include "gateway/base/async/run_to_end.hpp"
#include "gateway/base/random.hpp"
#include "gateway/management/perform.hpp"
#include "gateway/tokens/revocations.hpp"
#include "gateway/tokens/signer.hpp"

#include <boost/json/serialize.hpp>

#include <unistd.h>

// The verbs without a running program, on the store itself: the same functions in this process, for
// when the program is down and for scripts that set a host up. A running program learns of what was
// done here as it learns from other nodes, and from the store; what lives in memory alone it cannot
// share, so `memory:` is refused. Standard output is the answer's, so audit lines that would go
// there go to standard error.

namespace yett::app {
namespace {

using blame = startup_error::blame;

config::settings checked(config::settings s)
{
    if (s.storage.kind == config::storage_kind::memory)
        throw startup_error{blame::unavailable, "storage.url is memory: and no program runs at " + s.management.socket.string()};
    if (s.logging.audit.is == config::log_target::kind::standard_output)
        s.logging.audit.is = config::log_target::kind::standard_error;
    return s;
}

// Verbs issue no access tokens. A key that nobody trusts spares them the real ones.
tokens::signer powerless_signer()
{
    auto key = tokens::signing_key::from_secret(tokens::algorithm::hs256, secret{random_bytes(32)});
    if (!key) throw startup_error{blame::unavailable, describe(key.error())};
    return {std::move(*key), "nobody", {}};
}

class offline_client final : public console::management_client
{
public:
    explicit offline_client(config::settings settings) : settings_{checked(std::move(settings))} {}

    result<boost::json::object> ask(management::verb const& what, boost::json::object const& order) override
    {
        auto const body = boost::json::serialize(order);
        management::context const here{services_, stores_.nodes.get()};
        management::actor const when{"uid " + std::to_string(::getuid()), stores_.now()};
        auto const told = run_to_end(management::perform(here, what, body, when));
        return console::read_answer(told.body);
    }

private:
    config::settings const settings_;
    app::logs logs_{settings_.logging};
    accounts::passwords passwords_{settings_.passwords};
    accounts::stores stores_{open_stores_and_sessions(settings_, told_on_terminal())};
    tokens::signer const signer_{powerless_signer()};
    tokens::revocations revoked_{settings_.tokens.issuer};
    accounts::account_services const services_{*stores_.users,
                                               *stores_.sessions,
                                               *stores_.letters,
                                               *stores_.links,
                                               *stores_.api_keys,
                                               passwords_,
                                               signer_,
                                               revoked_,
                                               logs_,
                                               rules_of(settings_),
                                               {}};
};

} // namespace

std::unique_ptr<console::management_client> open_offline_client(config::settings settings)
{
    return std::make_unique<offline_client>(std::move(settings));
}

} // namespace yett::app
