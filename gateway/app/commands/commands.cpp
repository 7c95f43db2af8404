#include "gateway/app/commands/commands.hpp"

#include "config/reference.hpp"
#include "gateway/app/certificates.hpp"
#include "gateway/app/gateway.hpp"
#include "gateway/app/parts/build_facts.hpp"
#include "gateway/app/parts/build_snapshot.hpp"
#include "gateway/app/parts/connection_budget.hpp"
#include "gateway/app/parts/load_settings.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/storage_schema.hpp"
#include "gateway/app/parts/translate.hpp"
#include "gateway/limits/memory_counters.hpp"
#include "gateway/telemetry/metrics.hpp"

#include <unistd.h>

#include <fstream>
#include <iostream>
#include <iterator>

// Commands that need little more than a call. `check` goes further than reading: it builds what
// `run` would build of the rules, limits and certificates, since a file can be well-formed and name
// a certificate whose key is another's.

namespace yett::app {
namespace {

constexpr int bad_configuration = startup_error::exit_status_of(startup_error::blame::configuration);

std::string everything_from(std::istream& in)
{
    return {std::istreambuf_iterator<char>{in}, {}};
}

// What reading the file does not show: whether what it describes can be built.
void try_out(config::settings const& settings)
{
    telemetry::metrics figures{1, build_facts()};
    auto const counting = std::make_shared<limits::memory_counters>(limits::memory_options{.bytes = 8 << 20});
    (void)build_snapshot(settings, counting, figures);
    certificates const shown{settings.listeners};
    auto const usable = [&shown](auto const& of) {
        auto const made = shown.read(of);
        if (!made) throw startup_error{startup_error::blame::configuration, made.error().note()};
    };
    for (auto const& each : settings.listeners)
        if (each.tls) usable(*each.tls);
    for (auto const& [name, each] : settings.upstreams)
        if (speaks_tls(each)) usable(each);
}

// Whoever checks a configuration elsewhere, or as somebody else, is told nothing of the store.
bool is_within_reach(config::storage const& s)
{
    return s.kind == config::storage_kind::sqlite && ::access(s.file.c_str(), R_OK | W_OK) == 0;
}

} // namespace

int run_command(std::filesystem::path const& file)
{
    auto settings = load_settings(file);
    if (!settings) return bad_configuration;
    gateway program{std::move(*settings), file};
    program.run();
    return EXIT_SUCCESS;
}

int check_command(std::filesystem::path const& file)
{
    auto const settings = load_settings(file);
    if (!settings) return bad_configuration;
    try_out(*settings);
    if (is_within_reach(settings->storage))
        if (auto const why = schema_obstacle(settings->storage)) throw startup_error{startup_error::blame::unavailable, *why};
    if (settings->storage.kind == config::storage_kind::postgresql)
        std::cout << say_connections(connections_of(*settings)) << '\n';
    std::cout << file.string() << ": fine\n";
    return EXIT_SUCCESS;
}

int token_command(token_options const& options)
{
    std::ifstream keys{options.jwks, std::ios::binary};
    if (!keys) throw startup_error{startup_error::blame::configuration, "cannot read " + options.jwks.string()};
    auto const token = everything_from(std::cin);
    auto const report = tokens::report_on_token(token, everything_from(keys), options.expected, wall_now());
    std::cout << report.text;
    std::cerr << report.why;
    return report.exit_code;
}

int reference_command()
{
    std::cout << config::reference();
    return EXIT_SUCCESS;
}

int version_command()
{
    auto const facts = build_facts();
    std::cout << "yett " << facts.version << " (" << facts.revision << ", " << facts.compiler << ")\n";
    return EXIT_SUCCESS;
}

} // namespace yett::app
