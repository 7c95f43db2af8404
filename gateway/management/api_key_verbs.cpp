#include "gateway/management/api_key_verbs.hpp"

#include "gateway/accounts/users/api_keys.hpp"
#include "gateway/accounts/users/service_account.hpp"
#include "gateway/base/random.hpp"
#include "gateway/base/text/rfc3339.hpp"
#include "gateway/management/find_user.hpp"
#include "gateway/management/page.hpp"
#include "gateway/management/user_rows.hpp"

#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include <charconv>

// Operators' verbs on service accounts and API keys. A key's text is shown once, when it is made;
// the store has only its hash. Every change is written to the audit log with who asked (`by`), by
// the use case or here where there is none.

namespace yett::management {
namespace {

boost::json::object key_row(accounts::api_key const& k)
{
    boost::json::object row;
    row["id"] = k.id;
    row["user_id"] = k.user_id;
    row["name"] = k.name;
    row["scopes"] = boost::json::value_from(k.scopes);
    row["per_minute"] = k.requests_per_minute != 0 ? boost::json::value(k.requests_per_minute) : boost::json::value{};
    row["created_at"] = rfc3339(k.created_at);
    row["expires_at"] = k.expires_at ? boost::json::value(rfc3339(*k.expires_at)) : boost::json::value{};
    row["last_used"] = k.last_used ? boost::json::value(rfc3339(*k.last_used)) : boost::json::value{};
    return row;
}

// Options of the command line are texts.
result<std::optional<std::uint32_t>> number_in(std::optional<std::string> const& text, std::string_view name)
{
    if (!text) return std::optional<std::uint32_t>{};
    std::uint32_t value = 0;
    auto const* const end = text->data() + text->size();
    auto const read = std::from_chars(text->data(), end, value);
    if (read.ec == std::errc{} && read.ptr == end && value > 0) return std::optional{value};
    return client_error(errc::bad_request, fmt::format("{}: a whole number from 1 on is wanted", name));
}

task<answer> keys_of(context const& ctx, std::string const& who)
{
    auto const owner = co_await find_user(ctx, who);
    if (!owner) co_return owner.error();
    auto const all = co_await ctx.services.api_keys.list(owner->id);
    if (!all) co_return all.error();
    co_return page_of(*all, key_row, 0);
}

task<answer> remove(context const& ctx, accounts::api_key_removal wanted, actor const& caller)
{
    wanted.by = caller.by;
    auto const gone = co_await accounts::remove_api_keys(ctx.services, std::move(wanted), caller.now);
    if (!gone) co_return gone.error();
    boost::json::object said;
    said["message"] = fmt::format("{} API keys removed", *gone);
    said["removed"] = *gone;
    co_return said;
}

} // namespace

task<answer> add_service_account(context const& ctx, arguments& asked, actor const& caller)
{
    auto const name = asked.text("name");
    accounts::user made;
    made.roles = asked.list("roles");
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    auto key = accounts::service_key(name);
    if (!key) co_return key.error();
    if (auto const fit = check_roles(made.roles); !fit) co_return fit.error();
    made.id = make_uuid(caller.now);
    made.email_key = std::move(*key);
    made.verified = true;
    made.created_at = made.password_changed_at = caller.now;
    auto const added = co_await ctx.services.users.add(made);
    if (!added && added.error() == errc::conflict) co_return client_error(errc::conflict, "there is a service account " + name);
    if (!added) co_return added.error();
    report(ctx, "service_account_added", made.id, caller);
    auto body = row_of(made);
    body["message"] = made.email_key + ": added";
    co_return body;
}

task<answer> add_api_key(context const& ctx, arguments& asked, actor const& caller)
{
    auto const who = asked.text("user");
    accounts::api_key_wish wanted;
    wanted.name = asked.text("name");
    wanted.scopes = asked.list("scopes");
    auto const days = number_in(asked.optional_text("days"), "days");
    auto const per_minute = number_in(asked.optional_text("per_minute"), "per_minute");
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    if (!days) co_return days.error();
    if (!per_minute) co_return per_minute.error();
    auto const owner = co_await find_user(ctx, who);
    if (!owner) co_return owner.error();
    wanted.user_id = owner->id;
    if (*days) wanted.ttl = std::chrono::days{**days};
    wanted.requests_per_minute = per_minute->value_or(0);
    wanted.by = caller.by;
    auto const made = co_await accounts::create_api_key(ctx.services, std::move(wanted), caller.now);
    if (!made) co_return made.error();
    auto body = key_row(made->kept);
    body["key"] = made->text.reveal();
    body["message"] = made->text.reveal();
    co_return body;
}

task<answer> list_api_keys(context const& ctx, arguments& asked, actor const&)
{
    auto const who = asked.optional_text("user");
    auto const wanted = page_asked(asked);
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    if (who) co_return co_await keys_of(ctx, *who);
    accounts::api_key_page const page{wanted.after, wanted.limit};
    auto const all = co_await ctx.services.api_keys.list_all(page);
    if (!all) co_return all.error();
    co_return page_of(*all, key_row, wanted.limit);
}

task<answer> remove_api_keys(context const& ctx, arguments& asked, actor const& caller)
{
    auto const id = asked.optional_text("key");
    auto const who = asked.optional_text("user");
    if (auto const fine = asked.fine(); !fine) co_return fine.error();
    if (id.has_value() == who.has_value()) co_return client_error(errc::bad_request, "a key or a user is wanted");
    accounts::api_key_removal wanted;
    if (id) {
        auto const found = co_await ctx.services.api_keys.find(*id);
        if (!found && found.error() == errc::not_found) co_return client_error(errc::not_found, "there is no API key " + *id);
        if (!found) co_return found.error();
        wanted.user_id = found->user_id;
        wanted.id = found->id;
    } else {
        auto const owner = co_await find_user(ctx, *who);
        if (!owner) co_return owner.error();
        wanted.user_id = owner->id;
    }
    co_return co_await remove(ctx, std::move(wanted), caller);
}

} // namespace yett::management
