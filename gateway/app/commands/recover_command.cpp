#include "gateway/accounts/issue.hpp"
#include "gateway/app/commands/commands.hpp"
#include "gateway/app/copies/lost_changes.hpp"
#include "gateway/app/copies/recover_moments.hpp"
#include "gateway/app/keys/key_shelf.hpp"
#include "gateway/app/parts/load_settings.hpp"
#include "gateway/app/parts/logs.hpp"
#include "gateway/app/parts/open_stores.hpp"
#include "gateway/app/parts/postgres_options.hpp"
#include "gateway/app/parts/shown_url.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/storage_schema.hpp"
#include "gateway/app/parts/translate.hpp"
#include "gateway/base/async/run_to_end.hpp"
#include "gateway/base/text/rfc3339.hpp"
#include "gateway/storage/postgres/copies/recovery_store.hpp"
#include "gateway/storage/sqlite/recovery_store.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <optional>

// A backup brings back what was ended since it was made: sessions, links, tokens, users. The order
// of the steps follows from that (ADR 14). All tokens from before the given moment are refused
// first, by one revocation that every program on the store reads; only then are sessions and links
// voided, in parts. Interrupted anywhere, the command is repeated: each step leaves a state from
// which all of them can run again.
//
// What no program can restore is only told: changes that the audit log has and the store has not.

namespace yett::app {
namespace {

using accounts::voided;
using blame = startup_error::blame;
using config::storage_kind;

constexpr std::size_t rows_at_once = 1000;
// Longer than any token of ours lives: tokens.access_ttl is a day at most.
constexpr std::chrono::hours remembered_for{48};

struct moments
{
    wall_time now;
    wall_time before;
    std::optional<wall_time> last; // the end of the backup, as far as the store tells
    wall_time since;               // from here on changes are lost
};

template<class T>
T or_refuse(result<T> done)
{
    if (!done) throw startup_error{blame::unavailable, "storage: " + describe(done.error())};
    return std::move(*done);
}

int refuse(std::string const& why)
{
    std::cerr << "yett: " << why << '\n';
    return EXIT_FAILURE;
}

// A program on a file would not hear of what is done here; nor would one on the file from before.
std::optional<std::string> obstacle(config::settings const& s, recover_options const& options)
{
    auto const& kept = s.storage;
    if (kept.kind == storage_kind::memory) return "storage.url is memory:, of which there is no backup";
    if (options.new_keys && s.tokens.algorithm == config::signature_algorithm::hs256)
        return "tokens are signed with tokens.secret; there are no keys to make anew, so set another secret instead of --keys";
    if (kept.kind != storage_kind::sqlite) return std::nullopt;
    if (!std::filesystem::exists(kept.file)) return kept.file.string() + " is not there";
    if (storage::sqlite::is_open_elsewhere(kept.file.string()))
        return "somebody has " + kept.file.string() + " open; stop the program that serves from it, recover, and start it again";
    return std::nullopt;
}

std::unique_ptr<accounts::recovery_store> open_recovery(config::storage const& s)
{
    if (s.kind == storage_kind::postgresql) return storage::postgres::make_recovery_store(postgres_options(s));
    return storage::sqlite::make_recovery_store(s.file.string());
}

// Sessions that are not in this store end with the same word, whatever it knows of them.
result<void> refuse_tokens(accounts::session_ends& ends, moments const& at, seconds longest)
{
    accounts::revocation everything;
    everything.what = accounts::revocation::kind::everybody;
    everything.at = at.before;
    everything.until = at.now + remembered_for;
    accounts::revocation sessions;
    sessions.what = accounts::revocation::kind::session_end;
    sessions.id = accounts::end_of_everybody;
    sessions.at = at.now;
    sessions.until = at.now + longest;
    return run_to_end(ends.write({everything, sessions}));
}

// In parts, so that no statement takes longer than it may; whoever is interrupted begins again.
voided void_everything(accounts::recovery_store& in, wall_time now)
{
    voided all;
    for (;;) {
        auto const some = or_refuse(run_to_end(in.void_some(now, rows_at_once)));
        all.sessions += some.sessions;
        all.links += some.links;
        all.letters += some.letters;
        if (some.all() == 0) return all;
    }
}

// The next one signs before the ones from before are gone.
std::string make_new_keys(config::settings const& s)
{
    key_shelf shelf{s};
    auto const before = shelf.ring().keys();
    key_shelf::check(run_to_end(shelf.ring().rotate(wall_now(), wall_now())));
    for (auto const& each : before) key_shelf::check(run_to_end(shelf.ring().remove(each.key.kid(), wall_now())));
    return fmt::format("{} signs now; {} from before are gone", shelf.ring().keys().back().key.kid(), before.size());
}

void leave_audit_line(config::settings s, wall_time now)
{
    if (s.logging.audit.is == config::log_target::kind::standard_output)
        s.logging.audit.is = config::log_target::kind::standard_error;
    logs to{s.logging};
    auto const by = "uid " + std::to_string(::getuid());
    accounts::audit_event event;
    event.name = "store_recovered";
    event.at = now;
    event.by = by;
    to.record(event);
}

void print_moments(config::settings const& s, moments const& at, bool will)
{
    std::cout << fmt::format("store        {}\n", shown_store(s.storage));
    std::cout << fmt::format("it tells of  {}\n", at.last ? "things up to " + shown_moment(*at.last, at.now) : "nothing");
    std::cout << fmt::format("tokens       issued up to {} {} refused by every program on it\n", shown_moment(at.before, at.now),
                             will ? "would be" : "are");
}

void print_voided(voided const& all)
{
    std::cout << fmt::format("ended        {} sessions\nvoided       {} links, {} letters that had not left\n", all.sessions,
                             all.links, all.letters);
}

// The address of who still is, or is again, in the store.
std::string name_of_user(accounts::user_store& users, std::string const& id)
{
    auto const found = id.empty() ? result<accounts::user>{errc::not_found} : run_to_end(users.find(id));
    return found && !found->email.empty() ? found->email : id;
}

void print_changes(lost_changes const& found, moments const& at, accounts::user_store& users)
{
    std::cout << fmt::format("\nThe audit log has {} changes from {} on, of which this store knows nothing:\n", found.all.size(),
                             rfc3339(at.since));
    for (auto const& each : found.all)
        std::cout << fmt::format("{}  {:22} {}{}{}\n    now: {}\n", rfc3339(each.at), each.event,
                                 name_of_user(users, each.user_id), each.key.empty() ? "" : "  API key " + each.key,
                                 each.by.empty() ? "" : "  by " + each.by, each.now_is);
    if (found.unreadable > 0)
        std::cout << fmt::format("{} lines could not be read: not of an audit log in JSON\n", found.unreadable);
    if (found.lines == 0 || found.first > at.since)
        std::cout << fmt::format("It begins {}, so an older part is missing: cat OLDER NEWER | yett recover … --audit -\n",
                                 found.lines == 0 ? "nowhere" : "at " + rfc3339(found.first));
}

void print_no_audit_log(std::string const& why, moments const& at)
{
    std::cout << fmt::format(
        "\nNo audit log could be read: {}. What happened to users and API keys from {} on is in it alone: users who were"
        " deleted or disabled are back, removed API keys and passwords from before are valid.\n"
        "To list that: journalctl -u yett -o cat --since '{} UTC' | yett recover … --audit -\n",
        why, rfc3339(at.since), utc_text(at.since, "%Y-%m-%d %H:%M:%S"));
}

void tell_lost_changes(config::settings const& s, recover_options const& options, moments const& at, accounts::user_store& users)
{
    using kind = config::log_target::kind;
    if (options.audit == "-") return print_changes(find_lost_changes(std::cin, at.since), at, users);
    auto const& configured = s.logging.audit;
    if (options.audit.empty() && configured.is != kind::file) return print_no_audit_log("logging.audit is no file", at);
    auto const file = options.audit.empty() ? configured.file.string() : options.audit;
    std::ifstream log{file};
    if (!log) return print_no_audit_log("cannot read " + file, at);
    print_changes(find_lost_changes(log, at.since), at, users);
}

int recover(config::settings const& s, recover_options const& options)
{
    auto const now = wall_now();
    auto const before = moment_named(options.before, now);
    auto const since = moment_named(options.since.empty() ? "now" : options.since, now);
    if (!before || !since) return refuse("a time is `now`, or as in 2026-01-31T12:00:00Z; without an offset it is UTC");
    auto const stores = open_stores(s.storage, told_on_terminal());
    auto const recovery = open_recovery(s.storage);
    auto const last = or_refuse(run_to_end(recovery->last_moment(now)));
    if (auto const fault = fault_of_moment(*before, last, now)) return refuse(*fault);
    moments const at{now, *before, last, options.since.empty() ? last.value_or(wall_time{}) : *since};
    print_moments(s, at, options.dry_run);
    if (!options.dry_run) {
        auto const refused = refuse_tokens(*stores.ends, at, accounts::longest_session(rules_of(s)));
        if (!refused) throw startup_error{blame::unavailable, "storage: " + describe(refused.error())};
        print_voided(void_everything(*recovery, now));
        if (options.new_keys) std::cout << "keys         " << make_new_keys(s) << '\n';
    }
    tell_lost_changes(s, options, at, *stores.users);
    if (!options.dry_run) leave_audit_line(s, now);
    return EXIT_SUCCESS;
}

} // namespace

int recover_command(recover_options const& options)
try {
    auto const settings = load_settings(options.file);
    if (!settings) return startup_error::exit_status_of(blame::configuration);
    if (auto const why = obstacle(*settings, options)) return refuse(*why);
    return recover(*settings, options);
} catch (startup_error const&) {
    throw;
} catch (std::runtime_error const& why) {
    throw startup_error{blame::unavailable, std::string{"storage: "} + why.what()};
}

} // namespace yett::app
