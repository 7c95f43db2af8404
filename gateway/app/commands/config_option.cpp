#include "gateway/app/commands/config_option.hpp"

#include "gateway/app/parts/startup_error.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>

// Where the configuration is: an argument, --config, or neither; then it is the file in this
// folder, or else the installed one. A file that cannot be looked at counts as there, so that what
// is wrong with it is said, and not the next one read in its place.

namespace yett::app {
namespace {

constexpr char const* here = "yett.yaml";
constexpr char const* installed = "/etc/yett/yett.yaml";

} // namespace

std::filesystem::path config_option::file() const
{
    if (!positional.empty()) return positional;
    if (!named.empty()) return named;
    std::array<std::filesystem::path, 2> const usual{here, installed};
    auto found = first_there(usual);
    if (!found.empty()) return found;
    throw startup_error{startup_error::blame::configuration,
                        std::string{"no configuration was named, and there is neither "} + here + " nor " + installed};
}

std::shared_ptr<config_option> add_config(CLI::App& command, std::function<bool(std::string_view)> is_config)
{
    auto const given = std::make_shared<config_option>();
    auto const help = std::string{"the configuration file; "} + here + " or " + installed + " without it";
    auto* const positional = command.add_option("config", given->positional, help);
    command.add_option("--config", given->named, "the same")->excludes(positional);
    if (!is_config) return given;
    auto const judge = [is = std::move(is_config)](std::string const& word) {
        return is(word) ? std::string{} : word + " is no name of a configuration";
    };
    positional->check(CLI::Validator{judge, "FILE.yaml", "configuration"});
    command.validate_positionals();
    return given;
}

bool names_yaml(std::string_view word)
{
    return word.ends_with(".yaml") || word.ends_with(".yml");
}

std::filesystem::path first_there(std::span<std::filesystem::path const> files)
{
    auto const is_there = [](std::filesystem::path const& each) {
        std::error_code unknown;
        return std::filesystem::exists(each, unknown) || unknown;
    };
    auto const found = std::ranges::find_if(files, is_there);
    return found == files.end() ? std::filesystem::path{} : *found;
}

} // namespace yett::app
