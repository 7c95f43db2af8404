#include "gateway/app/commands/named_store.hpp"

#include "gateway/app/commands/config_option.hpp"
#include "gateway/app/parts/load_settings.hpp"
#include "gateway/app/parts/startup_error.hpp"

// A store by its URL, or by a configuration that names it. A password in an argument would stand in
// the process list and in the shell's history, so it is refused, with what to do instead.

namespace yett::app {
namespace {

using config::storage_kind;

constexpr std::string_view file_scheme = "sqlite:";

[[noreturn]] void complain(std::string const& what)
{
    throw startup_error{startup_error::blame::configuration, what};
}

bool names_database(std::string_view word)
{
    return word.starts_with("postgresql:") || word.starts_with("postgres:");
}

// sqlite:///var/yett.db and sqlite:/var/yett.db are the same file.
config::storage file_store(std::string_view url)
{
    auto path = url.substr(file_scheme.size());
    if (path.starts_with("///")) path.remove_prefix(2);
    if (path.empty()) complain("sqlite: names no file behind it");
    config::storage made;
    made.url = secret{std::string{url}};
    made.kind = storage_kind::sqlite;
    made.file = path;
    return made;
}

config::storage database_store(std::string const& url)
{
    auto const parsed = config::parse_postgres_url(url);
    if (!parsed) complain("the URL of PostgreSQL " + parsed.error().note());
    if (!parsed->password.empty())
        complain("a password on the command line is shown to everybody who lists processes; leave it to PGPASSFILE or to a"
                 " passfile in the URL, or name a configuration with storage.url_file in its place");
    config::storage made;
    made.url = secret{url};
    made.kind = storage_kind::postgresql;
    made.postgres = made.listen = *parsed;
    return made;
}

} // namespace

std::optional<config::storage> store_named(std::string const& word)
{
    if (word.starts_with(file_scheme)) return file_store(word);
    if (names_database(word)) return database_store(word);
    if (!names_yaml(word))
        complain(word + " names no store; allowed: sqlite:FILE, postgresql://USER@HOST/DATABASE, a configuration (….yaml)");
    auto settings = load_settings(word);
    if (!settings) return std::nullopt;
    return std::move(settings->storage);
}

} // namespace yett::app
