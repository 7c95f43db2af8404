#include "gateway/app/commands/command_line.hpp"

#include "gateway/app/commands/commands.hpp"
#include "gateway/app/commands/config_option.hpp"
#include "gateway/app/commands/operator_commands.hpp"
#include "gateway/app/parts/startup_error.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>

// What can be typed. Parsing only chooses an action, which runs after the parser is done: no
// command works while another option may still be found wrong. Options are held by shared pointers
// because CLI11 writes into them when it parses, long after the function that declared them has
// returned.
//
// Exit statuses say whom to blame (sysexits.h): 78 for the configuration, the others as
// startup_error has them.

namespace yett::app {
namespace {

using action = std::function<int()>;

void add_run(CLI::App& cli, action& chosen)
{
    auto* const command = cli.add_subcommand("run", "Serve until SIGTERM");
    command->callback([from = add_config(*command), &chosen] { chosen = [from] { return run_command(from->file()); }; });
}

void add_check(CLI::App& cli, action& chosen)
{
    auto* const command = cli.add_subcommand("check", "Check a configuration file and print every complaint");
    command->callback([from = add_config(*command), &chosen] { chosen = [from] { return check_command(from->file()); }; });
}

void add_explain(CLI::App& cli, action& chosen)
{
    auto* const command = cli.add_subcommand("explain", "Say which rule decides a request, and why");
    auto const options = std::make_shared<explain_options>();
    auto const from = add_config(*command);
    command->add_option("--method", options->method, "GET, POST …")->capture_default_str();
    command->add_option("--host", options->host, "the host that is asked");
    command->add_option("--path", options->path, "the path")->required();
    command->add_option("--as", options->as, "the e-mail address of a user");
    command->add_option("--role", options->roles, "a role the user is given for the question");
    command->add_option("--from", options->from, "the address of the client, behind all proxies");
    command->add_option("--certificate", options->certificate, "a URI, DNS name or address in the client's certificate")
        ->allow_extra_args(false);
    command->add_option("--header", options->headers, "'NAME: value', or NAME: does it reach the application?")
        ->allow_extra_args(false);
    command->callback([options, from, &chosen] {
        chosen = [options, from] {
            options->file = from->file();
            return explain_command(*options);
        };
    });
}

void add_token(CLI::App& cli, action& chosen)
{
    auto* const group = cli.add_subcommand("token", "Look at tokens")->require_subcommand(1);
    auto* const command = group->add_subcommand("verify", "Check the token on standard input, offline");
    auto const options = std::make_shared<token_options>();
    auto const file = std::make_shared<std::string>();
    command->add_option("--jwks", *file, "a file with a JSON Web Key Set")->required();
    command->add_option("--issuer", options->expected.issuer, "the issuer it must name");
    command->add_option("--audience", options->expected.audience, "an audience it must name");
    command->callback([options, file, &chosen] {
        options->jwks = *file;
        chosen = [options] { return token_command(*options); };
    });
}

void add_keys_verb(CLI::App& group, action& chosen, keys_options::verb what)
{
    using verb = keys_options::verb;
    auto* const command = what == verb::list     ? group.add_subcommand("list", "Print them and what each is for")
                          : what == verb::rotate ? group.add_subcommand("rotate", "Make the next one")
                                                 : group.add_subcommand("revoke", "Remove one and end all tokens it signed");
    auto const options = std::make_shared<keys_options>();
    // A kid is base64url, which has neither.
    auto const is_path = [](std::string_view word) { return word.find_first_of("./") != word.npos; };
    auto const from = what == verb::revoke ? add_config(*command, is_path) : add_config(*command);
    options->what = what;
    if (what == verb::rotate) command->add_flag("--now", options->at_once, "it signs within seconds, not after publish_before");
    if (what == verb::revoke) command->add_option("kid", options->kid, "the key's id, as `list` prints it")->required();
    command->callback([options, from, &chosen] {
        chosen = [options, from] {
            options->file = from->file();
            return keys_command(*options);
        };
    });
}

void add_keys(CLI::App& cli, action& chosen)
{
    auto* const group = cli.add_subcommand("keys", "Look after the signing keys")->require_subcommand(1);
    for (auto const what : {keys_options::verb::list, keys_options::verb::rotate, keys_options::verb::revoke})
        add_keys_verb(*group, chosen, what);
}

void add_migrate_verb(CLI::App& group, action& chosen, migrate_options::verb what)
{
    using verb = migrate_options::verb;
    auto* const command = what == verb::status ? group.add_subcommand("status", "Say which schema it has, and what is pending")
                          : what == verb::plan ? group.add_subcommand("plan", "Print the statements that are pending")
                                               : group.add_subcommand("up", "Bring it up to date, after a copy of the file");
    auto const from = add_config(*command);
    command->callback([from, what, &chosen] { chosen = [from, what] { return migrate_command({what, from->file()}); }; });
}

void add_migrate(CLI::App& cli, action& chosen)
{
    auto* const group = cli.add_subcommand("migrate", "Look after the schema of the storage")->require_subcommand(1);
    for (auto const what : {migrate_options::verb::status, migrate_options::verb::plan, migrate_options::verb::up})
        add_migrate_verb(*group, chosen, what);
}

void add_copy(CLI::App& group, action& chosen)
{
    auto* const command = group.add_subcommand("copy", "Copy everything into another, empty store, while no program runs");
    auto const options = std::make_shared<copy_options>();
    auto const help = "sqlite:FILE, postgresql://USER@HOST/DATABASE, or a configuration (….yaml) that names it";
    command->add_option("from", options->from, help)->required();
    command->add_option("to", options->to, help)->required();
    command->callback([options, &chosen] { chosen = [options] { return copy_command(*options); }; });
}

void add_backup(CLI::App& group, action& chosen)
{
    auto* const command = group.add_subcommand("backup", "Copy everything into a new file, while the program runs");
    auto const options = std::make_shared<backup_options>();
    auto const from = add_config(*command, names_yaml);
    command->add_option("file", options->to, "the new file")->required();
    command->callback([options, from, &chosen] {
        chosen = [options, from] {
            options->file = from->file();
            return backup_command(*options);
        };
    });
}

void add_storage(CLI::App& cli, action& chosen)
{
    auto* const group = cli.add_subcommand("storage", "Look after what is stored")->require_subcommand(1);
    add_backup(*group, chosen);
    add_copy(*group, chosen);
}

void add_recover(CLI::App& cli, action& chosen)
{
    auto* const command =
        cli.add_subcommand("recover", "After a backup was restored: end what was ended since, list what was changed");
    auto const options = std::make_shared<recover_options>();
    auto const from = add_config(*command);
    command->add_option("--before", options->before, "refuse every token issued up to then: now, or a time (UTC)")->required();
    command->add_flag("--keys", options->new_keys, "make new signing keys, and forget those from before");
    command->add_option("--since", options->since, "when the backup was made; without it the last thing that it tells of");
    command->add_option("--audit", options->audit, "a file with the lines of the audit log, or - for standard input");
    command->add_flag("--dry-run", options->dry_run, "say what would be done, and list; change nothing");
    command->callback([options, from, &chosen] {
        chosen = [options, from] {
            options->file = from->file();
            return recover_command(*options);
        };
    });
}

void add_demo(CLI::App& cli, action& chosen)
{
    auto* const command = cli.add_subcommand("demo", "Start a demonstration and print how to try it");
    auto const options = std::make_shared<demo_options>();
    command->add_option("--folder", options->folder, "where certificates and data go")->capture_default_str();
    command->add_option("--storage", options->storage,
                        "where accounts and sessions are kept instead: sqlite:FILE, postgresql://…");
    command->callback([options, &chosen] { chosen = [options] { return demo_command(*options); }; });
}

void add_echo(CLI::App& cli, action& chosen)
{
    auto* const command = cli.add_subcommand("echo", "Serve a sample application");
    auto const address = std::make_shared<std::string>("127.0.0.1:9000");
    command->add_option("--address", *address, "where to listen")->capture_default_str();
    command->callback([address, &chosen] { chosen = [address] { return echo_command(*address); }; });
}

void add_dev_certs(CLI::App& cli, action& chosen)
{
    auto* const command = cli.add_subcommand("dev-certs", "Make a development CA and a certificate for localhost");
    auto const folder = std::make_shared<std::string>("certs/dev");
    command->add_option("folder", *folder, "where the files go")->capture_default_str();
    command->callback([folder, &chosen] { chosen = [folder] { return dev_certs_command(*folder); }; });
}

void add_healthcheck(CLI::App& cli, action& chosen)
{
    auto* const command = cli.add_subcommand("healthcheck", "Ask a running program whether it lives");
    auto const address = std::make_shared<std::string>("127.0.0.1:4090");
    command->add_option("--address", *address, "its management listener")->capture_default_str();
    command->callback([address, &chosen] { chosen = [address] { return healthcheck_command(*address); }; });
}

} // namespace

int run_command_line(int argc, char const* const* argv)
try {
    CLI::App cli{"Yett: a gate for applications without authentication", "yett"};
    cli.require_subcommand(1);
    action chosen;
    for (auto const add : {add_run, add_check, add_explain, add_token, add_keys, add_migrate, add_storage, add_recover, add_demo,
                           add_echo, add_dev_certs, add_healthcheck})
        add(cli, chosen);
    add_operator_commands(cli, chosen);
    cli.add_subcommand("version", "Print the version")->callback([&] { chosen = version_command; });
    cli.add_subcommand("reference", "Print docs/configuration.md")->group("")->callback([&] { chosen = reference_command; });
    try {
        cli.parse(argc, argv);
    } catch (CLI::ParseError const& wrong) {
        return cli.exit(wrong);
    }
    return chosen();
} catch (startup_error const& why) {
    std::fprintf(stderr, "yett: %s\n", why.what());
    return why.exit_status();
} catch (std::invalid_argument const& why) {
    // What is built of settings says so of those it cannot work with.
    std::fprintf(stderr, "yett: %s\n", why.what());
    return startup_error::exit_status_of(startup_error::blame::configuration);
} catch (std::exception const& why) {
    std::fprintf(stderr, "yett: %s\n", why.what());
    return EXIT_FAILURE;
}

} // namespace yett::app
