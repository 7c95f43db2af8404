#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/tokens/token_report.hpp"

#include <filesystem>
#include <string>
#include <vector>

// What `yett …` can do. Each command prints what it has to say and returns the exit
// status: 0, 1 for a negative answer, 69 and 78 as in <sysexits.h>.
namespace yett::app {

// Serves until it is told to stop.
int run_command(std::filesystem::path const& file);

// Prints every complaint about a configuration; 78 when it would not start, 69 when it is the
// store's schema that keeps it from starting.
int check_command(std::filesystem::path const& file);

struct explain_options
{
    std::filesystem::path file;
    std::string method = "GET";
    std::string host;
    std::string path;
    std::string as;                       // an address from the user store; empty: nobody
    std::vector<std::string> roles;       // in place of the stored ones
    std::vector<std::string> certificate; // the names in the client's; empty: it shows none
    std::string from;                     // the client's address; empty: one of no network
    std::vector<std::string> headers;     // "NAME: value" or NAME
};
// Prints which rule decides and why, and which of the headers the application gets; 1 when the
// rule refuses.
int explain_command(explain_options const& options);

struct token_options
{
    std::filesystem::path jwks;
    tokens::report_options expected;
};
// Checks the token on standard input against a key set, without asking anybody.
int token_command(token_options const& options);

struct keys_options
{
    enum class verb : unsigned char
    {
        list,
        rotate,
        revoke,
    };
    verb what = verb::list;
    std::filesystem::path file;
    bool at_once = false; // of rotate: do not wait for tokens.keys.publish_before
    std::string kid;      // of revoke
};
// Looks at the signing keys or turns them over, whether the program runs or not: running
// programs notice within a second. 1 when there is no such key.
int keys_command(keys_options const& options);

struct recover_options
{
    std::filesystem::path file;
    std::string before;    // "now" or a time: tokens issued up to it are refused
    std::string since;     // when the backup was made; empty: the last thing it tells of
    std::string audit;     // a file with the lines of the audit log, "-" standard input; empty: as configured
    bool new_keys = false; // make signing keys anew
    bool dry_run = false;  // change nothing
};
// Makes a store that came out of a backup safe to serve from, and lists what happened to users and
// API keys since. 1 for a time that cannot be meant, and when a program is in the way.
int recover_command(recover_options const& options);

struct migrate_options
{
    enum class verb : unsigned char
    {
        status,
        plan,
        up,
    };
    verb what = verb::status;
    std::filesystem::path file;
};
// Looks at the schema of the storage, prints the statements that are pending, or runs them. The
// status is 1 when some are pending, and 69 when this program must not run on the store.
int migrate_command(migrate_options const& options);

struct backup_options
{
    std::filesystem::path file;
    std::string to;
};
// Writes a copy of the storage into a new file, whether the program runs or not; 1 when the file
// is there already.
int backup_command(backup_options const& options);

struct copy_options
{
    std::string from; // each a URL or the name of a configuration
    std::string to;
};
// Copies everything from one store into another that is empty, and compares both; goes on with a
// copy that was broken off. 1 when something is in the way that an operator has to remove.
int copy_command(copy_options const& options);

struct demo_options
{
    std::filesystem::path folder = ".";
    std::string storage; // instead of a file in the folder; as store_named takes it
};
// The demonstration in a folder: certificates, sample application, gateway, and the curl
// lines to try it with.
int demo_command(demo_options const& options);

// The sample application.
int echo_command(std::string const& address);

int dev_certs_command(std::filesystem::path const& folder);

// 0 when the management listener at `address` says that the program lives; for containers.
int healthcheck_command(std::string const& address);

// docs/configuration.md on standard output.
int reference_command();
int version_command();

} // namespace yett::app
