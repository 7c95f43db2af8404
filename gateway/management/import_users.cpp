#include "gateway/accounts/address.hpp"
#include "gateway/accounts/passwords/imported_hash.hpp"
#include "gateway/accounts/passwords/password.hpp"
#include "gateway/accounts/users/service_account.hpp"
#include "gateway/base/random.hpp"
#include "gateway/base/text/rfc3339.hpp"
#include "gateway/management/find_user.hpp"
#include "gateway/management/user_rows.hpp"
#include "gateway/management/user_verbs.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

// Users of other programs, a batch at a time. Every row is read on its own, and what is wrong with
// it is told with its line; the good ones are added together. A row whose account exists is known
// and nothing is changed, so that a run can be repeated.
//
// Values come from exports, and those disagree on how to write yes, a time or a list; here the
// forms of spreadsheets and databases are taken. Moments in the future become now, since nothing of
// an account has happened later.

namespace yett::management {
namespace {

using judgement = accounts::passwords::judgement;

struct rules_of_import
{
    bool allow_weak = false;
    bool unverified = false;
    wall_time now{};
};

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view blanks = " \t";
    auto const first = text.find_first_not_of(blanks);
    return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower(std::string_view text)
{
    std::string all{trimmed(text)};
    for (auto& c : all)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return all;
}

// Spreadsheets and databases have words and numbers for it.
std::optional<bool> truth_of(boost::json::value const& told)
{
    if (told.is_bool()) return told.get_bool();
    auto const word = told.is_string()   ? lower(told.get_string())
                      : told.is_number() ? boost::json::serialize(told)
                                         : std::string{};
    for (auto const* const each : {"true", "t", "yes", "y", "on", "1"})
        if (word == each) return true;
    for (auto const* const each : {"false", "f", "no", "n", "off", "0"})
        if (word == each) return false;
    return std::nullopt;
}

result<bool> truth_in(boost::json::object& row, std::string_view name, bool otherwise)
{
    auto const* const found = row.if_contains(name);
    if (!found || found->is_null()) return otherwise;
    auto const truth = truth_of(*found);
    if (!truth) return client_error(errc::bad_request, std::string{name} + ": true or false is wanted");
    return *truth;
}

result<wall_time> time_in(arguments& row, std::string_view name, wall_time otherwise)
{
    auto const text = row.optional_text(name);
    if (!text) return otherwise;
    auto const at = read_time(trimmed(*text));
    if (!at) return client_error(errc::bad_request, std::string{name} + ": a time like 2026-01-31T12:00:00Z is wanted");
    return std::min(*at, otherwise);
}

std::string_view without_quotes(std::string_view text)
{
    auto const quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    return quoted ? text.substr(1, text.size() - 2) : text;
}

// "admin,editor"; {admin,editor} is PostgreSQL's array, ["admin", "editor"] JSON in a cell.
boost::json::array roles_of(std::string_view text)
{
    auto rest = trimmed(text);
    for (auto const& [open, close] : {std::pair{'{', '}'}, std::pair{'[', ']'}})
        if (rest.size() >= 2 && rest.front() == open && rest.back() == close) rest = rest.substr(1, rest.size() - 2);
    boost::json::array list;
    while (!rest.empty()) {
        auto const role = rest.substr(0, rest.find(','));
        list.emplace_back(without_quotes(trimmed(role)));
        rest.remove_prefix(std::min(role.size() + 1, rest.size()));
    }
    return list;
}

void roles_as_list(boost::json::object& row)
{
    auto* const found = row.if_contains("roles");
    if (found && found->is_string()) *found = roles_of(found->get_string());
}

bool is_id(std::string_view text)
{
    constexpr std::string_view alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.";
    return !text.empty() && text.size() <= 64 && text.find_first_not_of(alphabet) == text.npos;
}

result<std::string> hash_in(context const& ctx, arguments& row, bool allow_weak)
{
    auto hash = accounts::canonical_hash(row.optional_text("password_hash").value_or(std::string{}));
    if (hash.empty()) return hash;
    auto const verdict = ctx.services.passwords.judge(hash);
    if (verdict == judgement::unusable)
        return client_error(errc::bad_request, "password_hash: " + std::string{accounts::why_not_usable(hash)});
    if (verdict == judgement::weak && !allow_weak)
        return client_error(errc::bad_request, "password_hash: too weak to protect a password (see --allow-weak)");
    return hash;
}

result<void> name(accounts::user& made, std::string const& email, std::string const& hash)
{
    if (accounts::is_service_key(email)) {
        if (!hash.empty()) return client_error(errc::bad_request, "password_hash: a service account has no password");
        made.email_key = email;
        return {};
    }
    auto const where = accounts::parse_address(email);
    if (!where) return client_error(errc::email_invalid, "email: not an e-mail address: " + where.error().note());
    made.email = where->text;
    made.email_key = where->key;
    return {};
}

// The user of one row, or what is wrong with it.
result<accounts::user> read_user(context const& ctx, boost::json::object told, rules_of_import const& rules)
{
    accounts::user made;
    auto const verified = truth_in(told, "verified", !rules.unverified);
    auto const disabled = truth_in(told, "disabled", false);
    if (!verified) return verified.error();
    if (!disabled) return disabled.error();
    for (auto const* const done : {"line", "verified", "disabled"}) told.erase(done);
    roles_as_list(told);
    arguments row{std::move(told)};
    auto const email = row.text("email");
    made.roles = row.list("roles");
    made.id = row.optional_text("id").value_or(make_uuid(rules.now));
    auto const created = time_in(row, "created_at", rules.now);
    auto const changed = time_in(row, "password_changed_at", rules.now);
    auto hash = hash_in(ctx, row, rules.allow_weak);
    if (auto const fine = row.fine(); !fine) return fine.error();
    if (!created) return created.error();
    if (!changed) return changed.error();
    if (!hash) return hash.error();
    if (!is_id(made.id))
        return client_error(errc::bad_request,
                            "id: 1 to 64 letters, digits and -_. are wanted; a colon marks the users of other issuers");
    if (auto const fit = check_roles(ctx.services.rules, email, made.roles); !fit) return fit.error();
    if (auto const named = name(made, email, *hash); !named) return named.error();
    made.verified = *verified;
    made.disabled = *disabled;
    made.created_at = *created;
    made.password_changed_at = *changed;
    made.password_hash = std::move(*hash);
    return made;
}

// The line of the file, which travels with the row so that the answer can name it.
std::int64_t line_of(boost::json::object const& row)
{
    auto const* const line = row.if_contains("line");
    return line && line->is_int64() ? line->get_int64() : 0;
}

struct batch
{
    std::vector<accounts::user> users;
    std::vector<std::int64_t> lines; // of the users
    std::vector<bool> own_ids;       // whether a row named the id
    boost::json::array refused;

    void refuse(std::int64_t line, std::string_view why) { refused.push_back({{"line", line}, {"why", why}}); }
};

batch read_batch(context const& ctx, boost::json::array const& rows, rules_of_import const& rules)
{
    batch all;
    for (auto const& each : rows) {
        if (!each.is_object()) {
            all.refuse(0, "not an object");
            continue;
        }
        auto const& row = each.get_object();
        auto made = read_user(ctx, row, rules);
        if (!made) {
            all.refuse(line_of(row), made.error().note());
            continue;
        }
        all.users.push_back(std::move(*made));
        all.lines.push_back(line_of(row));
        all.own_ids.push_back(row.if_contains("id") != nullptr);
    }
    return all;
}

// Somebody with this address is there already: an earlier run brought them, or they have an
// account of another id. An id of somebody else is a mistake in the file.
task<result<std::string>> why_left_out(context const& ctx, accounts::user const& wanted, bool own_id)
{
    auto const found = co_await ctx.services.users.find_by_email(wanted.email_key);
    if (found && (!own_id || found->id == wanted.id)) co_return std::string{};
    if (found) co_return std::string{"the address has an account with another id"};
    if (found.error() == errc::not_found) co_return std::string{"the id belongs to another address"};
    co_return found.error();
}

} // namespace

task<answer> import_users(context const& ctx, arguments& asked, actor const& caller)
{
    auto const& rows = asked.rows("rows");
    rules_of_import rules;
    rules.allow_weak = asked.flag("allow_weak");
    rules.unverified = asked.flag("unverified");
    rules.now = caller.now;
    if (auto const fine = asked.fine(); !fine) co_return fine.error();

    auto all = read_batch(ctx, rows, rules);
    auto const added = co_await ctx.services.users.add_all(all.users);
    if (!added) co_return added.error();
    std::int64_t known = 0;
    for (std::size_t i = 0; i < all.users.size(); ++i) {
        if ((*added)[i]) continue;
        auto const why = co_await why_left_out(ctx, all.users[i], all.own_ids[i]);
        if (!why) co_return why.error();
        if (why->empty()) ++known;
        else all.refuse(all.lines[i], *why);
    }
    auto const count = std::count(added->begin(), added->end(), true);
    if (count > 0) report(ctx, "users_imported", {}, caller);
    boost::json::object body;
    body["added"] = count;
    body["known"] = known;
    body["refused"] = std::move(all.refused);
    co_return body;
}

} // namespace yett::management
