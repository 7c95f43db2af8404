#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace CLI {
class App;
} // namespace CLI

namespace yett::app {

// The configuration of a command, given in one of two ways or not at all:
// `yett VERB [CONFIG]`, `yett VERB --config CONFIG`.
struct config_option
{
    std::string positional;
    std::string named;

    // What was given, or yett.yaml here, or /etc/yett/yett.yaml. Throws startup_error when
    // none was given and neither is there.
    std::filesystem::path file() const;
};

// Adds both ways to a command, before its other arguments. Where those stand beside it,
// `is_config` says which word is the configuration, wherever it comes.
std::shared_ptr<config_option> add_config(CLI::App& command, std::function<bool(std::string_view)> is_config = {});

// Ends in .yaml or .yml, as no address of a user does.
bool names_yaml(std::string_view word);

// The first of the files that is there; empty when none is.
std::filesystem::path first_there(std::span<std::filesystem::path const> files);

} // namespace yett::app
