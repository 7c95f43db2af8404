#include "gateway/accounts/address.hpp"
#include "gateway/accounts/user_store.hpp"
#include "gateway/app/build_world.hpp"
#include "gateway/app/commands.hpp"
#include "gateway/app/load_settings.hpp"
#include "gateway/app/startup_error.hpp"
#include "gateway/base/run_to_end.hpp"
#include "gateway/storage/sqlite/stores.hpp"
#include "policies/explain.hpp"

#include <iostream>

namespace yett::app {
namespace {

using blame = startup_error::blame;

constexpr int bad_configuration = startup_error::exit_status_of(startup_error::blame::configuration);

accounts::user stored_user(config::storage const& s, std::string const& email)
{
    accounts::user unknown;
    auto const address = accounts::parse_address(email);
    if (!address) throw startup_error{blame::configuration, "--as: not an e-mail address: " + email};
    unknown.email = address->text;
    if (s.kind != config::storage_kind::sqlite || !std::filesystem::exists(s.file)) return unknown;
    auto const stores = storage::sqlite::make_stores(s.file.string());
    auto user = run_to_end(stores.users->find_by_email(address->key));
    if (!user && user.error() == errc::not_found) return unknown;
    if (!user) throw startup_error{blame::unavailable, "storage: " + describe(user.error())};
    return std::move(*user);
}

// The caller as a fresh login would make them.
identity_ptr identity_for(explain_options const& options, config::settings const& s, wall_time now)
{
    if (options.as.empty() && options.roles.empty()) return nullptr;
    auto who = std::make_shared<identity>();
    who->subject = "nobody-stored";
    if (!options.as.empty()) {
        auto user = stored_user(s.storage, options.as);
        std::cout << options.as << (user.id.empty() ? ": not in the store, asked without roles\n" : ": found in the store\n");
        if (!user.id.empty()) who->subject = user.id;
        who->email = user.email;
        who->roles = std::move(user.roles);
    }
    if (!options.roles.empty()) who->roles = options.roles;
    who->issuer = s.tokens.issuer;
    who->audience = s.tokens.audience;
    who->issued_at = who->authenticated_at = now;
    who->expires_at = now + s.tokens.access_ttl;
    return who;
}

} // namespace

int explain_command(explain_options const& options)
{
    auto const settings = load_settings(options.file);
    if (!settings) return bad_configuration;
    auto const rules = compile_rules(*settings);
    auto const now = wall_now();
    auto const encoded_slash = options.path.find("%2F") != std::string::npos;
    policies::question const asked{options.method, options.host, options.path, encoded_slash};
    auto const answer = policies::explain(*rules.routes, asked, identity_for(options, *settings, now), now);
    std::cout << answer.text();
    return answer.permitted ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace yett::app
