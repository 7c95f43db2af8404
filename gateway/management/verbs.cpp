#include "gateway/management/api_key_verbs.hpp"
#include "gateway/management/node_verbs.hpp"
#include "gateway/management/session_verbs.hpp"
#include "gateway/management/upstream_verbs.hpp"
#include "gateway/management/user_verbs.hpp"

// The table of everything an operator can do to the running program. The command line, its help,
// the socket's targets, the columns of lists and their headings follow from a row; a verb is added
// here and in a function, and nowhere else. A verb with columns answers with a list and changes
// nothing.

namespace yett::management {
namespace {

using kind = argument::kind;

constexpr argument the_user{kind::word, "user", "e-mail address, service:NAME or id"};
constexpr argument roles{kind::words, "roles", "the roles, all of them; none takes them away"};
constexpr argument password{kind::password, "password", "the new password"};

constexpr argument user_file[]{
    {kind::rows, "rows", "CSV with a line of names, one JSON object a line, or htpasswd; - is standard input"},
    {kind::flag, "allow_weak", "take hashes that protect nothing, too: {SHA}, {SSHA}, PBKDF2 with less than 1000 rounds"},
    {kind::flag, "unverified", "addresses still have to be confirmed unless their row says otherwise"},
};
constexpr argument one_user[]{the_user};
constexpr argument new_user[]{
    {kind::word, "email", "e-mail address"},
    roles,
    {kind::flag, "unverified", "the address still has to be confirmed"},
    {kind::flag, "no_password", "no password opens the account until one is set"},
    password,
};
constexpr argument guest[]{
    {kind::word, "email", "e-mail address"},
    roles,
    {kind::option, "language", "of the mail, as in Accept-Language: de"},
};
constexpr argument user_and_roles[]{the_user, roles};
constexpr argument user_and_email[]{the_user, {kind::word, "email", "the new e-mail address"}};
constexpr argument user_and_password[]{the_user, password};
constexpr argument maybe_user[]{{kind::optional_word, "user", "e-mail address, service:NAME or id; everybody without it"}};
constexpr argument session_or_user[]{
    {kind::optional_word, "session", "the session's id"},
    {kind::option, "user", "all sessions of this user"},
};
constexpr argument new_service[]{{kind::word, "name", "lower-case letters, digits, - _ and ."}, roles};
constexpr argument new_key[]{
    the_user,
    {kind::word, "name", "what the key is for"},
    {kind::words, "scopes", "what rules with `scopes` may let it do"},
    {kind::option, "days", "how long it is good; until it is removed without this"},
    {kind::option, "per_minute", "how many requests it may make in a minute"},
};
constexpr argument key_or_user[]{
    {kind::optional_word, "key", "the key's id"},
    {kind::option, "user", "all keys of this user"},
};

constexpr std::string_view user_columns[]{"id", "email", "roles", "verified", "disabled", "created_at"};
constexpr std::string_view export_columns[]{"id",       "email",      "roles",         "verified",
                                            "disabled", "created_at", "password_hash", "password_changed_at"};
constexpr std::string_view session_columns[]{"id", "user_id", "address", "last_seen", "until", "agent"};
constexpr std::string_view key_columns[]{"id", "user_id", "name", "scopes", "per_minute", "expires_at", "last_used"};

constexpr std::string_view node_columns[]{"host", "version", "started_at", "seen_at", "horizon_age_ms", "id"};

constexpr std::string_view upstream_columns[]{"upstream", "server", "state", "since", "weight", "in_flight", "good", "bad", "cause"};

constexpr verb all[]{
    {"users", "add", "Add a user", new_user, {}, add_user},
    {"users", "invite", "Mail a link with which somebody registers", guest, {}, invite_user},
    {"users", "list", "List all users", {}, user_columns, list_users},
    {"users", "export", "Write all users with their password hashes", {}, export_columns, export_users},
    {"users", "import", "Add users with password hashes of any program; can be repeated", user_file, {}, import_users},
    {"users", "disable", "Sign a user out everywhere and let nobody in as them", one_user, {}, disable_user},
    {"users", "enable", "Let a disabled user log in again", one_user, {}, enable_user},
    {"users", "delete", "Remove a user for good", one_user, {}, delete_user},
    {"users", "set-email", "Replace the address of a user, who stays signed in", user_and_email, {}, set_email},
    {"users", "set-roles", "Replace the roles of a user, whose sessions end", user_and_roles, {}, set_roles},
    {"users", "set-password", "Replace the password of a user, whose sessions end", user_and_password, {}, set_password},
    {"service-accounts", "add", "Add a user that is a program, without password", new_service, {}, add_service_account},
    {"api-keys", "add", "Make an API key for a user and write it to standard output, once", new_key, {}, add_api_key},
    {"api-keys", "list", "List API keys", maybe_user, key_columns, list_api_keys},
    {"api-keys", "remove", "Remove one API key, or all of a user, at once", key_or_user, {}, remove_api_keys},
    {"sessions", "list", "List live sessions", maybe_user, session_columns, list_sessions},
    {"sessions", "end", "End one session, or all of a user", session_or_user, {}, end_sessions},
    {"nodes", "list", "List the programs that share the storage", {}, node_columns, list_nodes},
    {"upstreams", "list", "List the servers of applications, and why some get no requests", {}, upstream_columns, list_upstreams},
};

} // namespace

std::span<verb const> verbs()
{
    return all;
}

verb const* verb_named(std::string_view group, std::string_view name)
{
    for (auto const& each : all)
        if (each.group == group && each.name == name) return &each;
    return nullptr;
}

} // namespace yett::management
