#pragma once

#include "config/load.hpp"
#include "config/reading/environment.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

// A world that is made up: its variables and files are what a test says.
namespace yett::tests {

struct world
{
    std::map<std::string, std::string> variables;
    std::map<std::string, config::file_content> files;

    config::environment environment() const
    {
        auto const variable = [this](std::string const& name) -> std::optional<std::string> {
            auto const found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional{found->second};
        };
        auto const read = [this](std::filesystem::path const& file) -> result<config::file_content> {
            auto const found = files.find(file.string());
            if (found == files.end()) return our_error(errc::not_found, "No such file or directory");
            return found->second;
        };
        return {variable, read};
    }
};

inline constexpr char const* good_secret = "0123456789abcdef0123456789abcdeX";

// What the tables of complaints are run in.
inline world usual_world()
{
    auto const line = std::string{good_secret} + "\n";
    return {{{"EMPTY", ""}, {"NAME", "value"}, {"SECRET", good_secret}},
            {{"good", {line, false}},
             {"open", {line, true}},
             {"empty", {"\n", false}},
             {"database", {"postgresql://u:hunter2@localhost\n", false}}}};
}

// One line for each complaint, as the program prints them.
inline std::string complaints_about(std::string const& text, world const& around = usual_world())
{
    std::string out = "\n";
    for (auto const& one : config::load_text(text, "yett.yaml", around.environment()).complaints) out += to_string(one) + "\n";
    return out;
}

struct complaint_case
{
    char const* text;
    char const* lines; // begins with a line end, and ends with one
};

inline void check(std::vector<complaint_case> const& cases, std::string const& before = {}, std::string const& behind = {})
{
    for (auto const& [text, lines] : cases) {
        CAPTURE(text);
        CHECK(complaints_about(before + text + behind) == lines);
    }
}

// What most tables put around their text. The text begins in line 2.
inline constexpr char const* version = "version: 1\n";
inline constexpr char const* rules = R"(upstreams:
  app: { servers: ["http://127.0.0.1:9000"] }
routes:
  - { name: all, match: { path: "/**" }, access: authenticated, upstream: app }
)";
inline constexpr char const* unverified = "accounts: { require_verified_email: false }\n";

} // namespace yett::tests
