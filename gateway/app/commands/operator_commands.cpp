#include "gateway/app/commands/operator_commands.hpp"

#include "gateway/app/commands/config_option.hpp"
#include "gateway/app/commands/offline_client.hpp"
#include "gateway/app/parts/load_settings.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/console/import_rows.hpp"
#include "gateway/console/read_password.hpp"
#include "gateway/console/run_verb.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/value_from.hpp>

#include <algorithm>
#include <iostream>
#include <map>

// Options of operators' verbs follow from the table of `management::verbs`: its arguments become
// options, words and flags here, and the verbs of one group stand together. A verb that is added
// there is on the command line.
//
// If a program answers on the management socket, it does the work, since it alone can tell its
// workers. If nobody does, the store is opened and changed alone, and the operator is told what
// that means.

namespace yett::app {
namespace {

using management::argument;
using kind = argument::kind;
using blame = startup_error::blame;

// What one verb was told on the command line, by the arguments' names.
struct command
{
    management::verb const* what;
    std::shared_ptr<config_option> config;
    console::presentation how;
    std::map<std::string_view, std::string> texts;
    std::map<std::string_view, std::vector<std::string>> lists;
    std::map<std::string_view, bool> flags;
    console::rows_source rows;
};

std::string option_name(std::string_view name)
{
    std::string text{"--"};
    for (auto const c : name) text += c == '_' ? '-' : c;
    return text;
}

void take(CLI::App& on, argument const& each, command& into)
{
    std::string const name{each.name};
    std::string const help{each.help};
    switch (each.is) {
    case kind::word: on.add_option(name, into.texts[each.name], help)->required(); break;
    case kind::optional_word: on.add_option(name, into.texts[each.name], help); break;
    case kind::words: on.add_option(name, into.lists[each.name], help); break;
    case kind::option: on.add_option(option_name(each.name), into.texts[each.name], help); break;
    case kind::flag: on.add_flag(option_name(each.name), into.flags[each.name], help); break;
    case kind::password: break;
    case kind::rows:
        on.add_option("file", into.rows.file, help)->required();
        on.add_option("--format", into.rows.format, "csv, json (one object a line) or htpasswd; guessed without it")
            ->check(CLI::IsMember({"csv", "json", "htpasswd"}));
        on.add_option("--encoding", into.rows.encoding, "utf-8 (UTF-16 is noticed) or windows-1252; utf-8 without it")
            ->check(CLI::IsMember({"utf-8", "windows-1252"}));
        break;
    }
}

// Passwords are asked for last, when everything else is known to be there.
result<boost::json::object> order_of(command const& given)
{
    boost::json::object order;
    for (auto const& [name, text] : given.texts)
        if (!text.empty()) order[name] = text;
    for (auto const& [name, list] : given.lists) order[name] = boost::json::value_from(list);
    for (auto const& [name, set] : given.flags)
        if (set) order[name] = true;
    for (auto const& each : given.what->takes) {
        if (each.is != kind::password || order.contains("no_password")) continue;
        auto typed = console::read_password(std::string{"Password"});
        if (!typed) return typed.error();
        order[each.name] = std::string_view{typed->reveal()};
    }
    return order;
}

// Verbs that answer with a list change nothing.
bool changes(management::verb const& what)
{
    return what.columns.empty();
}

// A program elsewhere asks the store at every login and refresh, but hears of an ended session
// only when it loads the revocations, at its start.
void warn_of_programs_elsewhere(std::string const& socket)
{
    std::cerr << "nobody answers at " << socket
              << "; the store is changed alone, and a program that uses it elsewhere accepts access tokens"
                 " until they expire or it starts again\n";
}

std::unique_ptr<console::management_client> find_management_client(config::settings settings, management::verb const& what)
{
    auto const socket = settings.management.socket.string();
    auto program = console::reach_running_program(socket);
    if (program) return std::move(*program);
    if (program.error() != errc::not_found) throw startup_error{blame::unavailable, describe(program.error())};
    auto store = open_offline_client(std::move(settings));
    if (changes(what)) warn_of_programs_elsewhere(socket);
    return store;
}

bool takes_rows(management::verb const& what)
{
    for (auto const& each : what.takes)
        if (each.is == kind::rows) return true;
    return false;
}

int run(command const& given)
{
    auto settings = load_settings(given.config->file());
    if (!settings) return startup_error::exit_status_of(blame::configuration);
    auto order = order_of(given);
    if (!order) return console::fail(order.error(), given.how);
    auto const with = find_management_client(std::move(*settings), *given.what);
    if (takes_rows(*given.what)) return console::import_rows(*with, *given.what, std::move(*order), given.rows, given.how);
    return console::run_verb(*with, *given.what, std::move(*order), given.how);
}

// What `on` takes for it, and that it is done when nothing below `on` was named.
void offer(CLI::App& on, management::verb const& what, std::function<int()>& chosen)
{
    auto const given = std::make_shared<command>();
    given->what = &what;
    given->config = add_config(on, names_yaml);
    for (auto const& each : what.takes) take(on, each, *given);
    on.add_flag("--json", given->how.json, "answer in JSON, lists with one object a line");
    if (!what.columns.empty()) on.add_flag("--csv", given->how.csv, "answer in CSV")->excludes("--json");
    on.callback([given, &on, &chosen] {
        if (on.get_subcommands().empty()) chosen = [given] { return run(*given); };
    });
}

// A group that can do nothing but be listed is listed by its name alone: `yett upstreams`.
bool is_all_of_its_group(management::verb const& what)
{
    auto const of_group = [&what](management::verb const& each) { return each.group == what.group; };
    return what.name == "list" && std::ranges::count_if(management::verbs(), of_group) == 1;
}

void add_verb(CLI::App& group, management::verb const& what, std::function<int()>& chosen)
{
    offer(*group.add_subcommand(std::string{what.name}, std::string{what.help}), what, chosen);
    if (!is_all_of_its_group(what)) return;
    group.require_subcommand(0, 1);
    offer(group, what, chosen);
}

CLI::App& group_named(CLI::App& cli, std::string_view name)
{
    std::string const group{name};
    auto const known = cli.get_subcommands([&](CLI::App* each) { return each->get_name() == group; });
    if (!known.empty()) return *known.front();
    return *cli.add_subcommand(group, "Manage " + group)->require_subcommand(1);
}

} // namespace

void add_operator_commands(CLI::App& cli, std::function<int()>& chosen)
{
    for (auto const& each : management::verbs()) add_verb(group_named(cli, each.group), each, chosen);
}

} // namespace yett::app
