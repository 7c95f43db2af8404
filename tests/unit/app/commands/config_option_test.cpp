#include "gateway/app/commands/config_option.hpp"

#include "tests/support/temporary_folder.hpp"

#include <CLI/CLI.hpp>
#include <doctest/doctest.h>

#include <fstream>

using namespace yett;
using app::add_config;
using words = std::vector<std::string>;

namespace {

// What a command with the arguments of `users add` makes of a command line.
struct parsed
{
    std::string config;
    std::string user;
    words roles;
    bool fine = true;
};

parsed parse(words line)
{
    CLI::App cli;
    auto const from = add_config(cli, app::names_yaml);
    parsed p;
    cli.add_option("email", p.user)->required();
    cli.add_option("roles", p.roles);
    std::reverse(line.begin(), line.end());
    try {
        cli.parse(line);
        p.config = from->positional.empty() ? from->named : from->positional;
    } catch (CLI::ParseError const&) {
        p.fine = false;
    }
    return p;
}

} // namespace

TEST_CASE("config option: a command alone takes any name, as a word or behind --config")
{
    for (auto const& line : {words{"some.conf"}, words{"some.conf", "--config"}}) {
        CLI::App cli;
        auto const from = add_config(cli);
        cli.parse(words{line});
        CHECK(from->file() == "some.conf");
    }
    CLI::App cli;
    auto const from = add_config(cli);
    CHECK_THROWS_AS(cli.parse(words{"b.yaml", "--config", "a.yaml"}), CLI::ParseError);
}

TEST_CASE("config option: beside other words it is the one that names a YAML file, wherever it comes")
{
    for (auto const& line :
         {words{"x.yaml", "ada@example.com", "admin", "editor"}, words{"ada@example.com", "x.yaml", "admin", "editor"},
          words{"ada@example.com", "admin", "editor", "x.yaml"},
          words{"ada@example.com", "admin", "editor", "--config", "x.yaml"},
          words{"--config", "x.yaml", "ada@example.com", "admin", "editor"}}) {
        auto const p = parse(line);
        CHECK(p.fine);
        CHECK(p.config == "x.yaml");
        CHECK(p.user == "ada@example.com");
        CHECK(p.roles == words{"admin", "editor"});
    }
}

TEST_CASE("config option: without it every word is an argument")
{
    auto const p = parse({"ada@example.com", "admin", "some.conf"});
    CHECK(p.fine);
    CHECK(p.config.empty());
    CHECK(p.roles == words{"admin", "some.conf"});
    CHECK(parse({"ada@example.com"}).user == "ada@example.com");
    CHECK(parse({"ada@example.com", "--config", "some.conf"}).config == "some.conf");
    CHECK_FALSE(parse({}).fine);
}

TEST_CASE("config option: the first of the usual files that is there, or none")
{
    tests::temporary_folder const f;
    std::vector<std::filesystem::path> const usual{f.file("yett.yaml"), f.file("etc/yett.yaml")};
    CHECK(app::first_there(usual).empty());
    std::filesystem::create_directory(f.path() / "etc");
    std::ofstream{usual[1]} << "version: 1\n";
    CHECK(app::first_there(usual) == usual[1]);
    std::ofstream{usual[0]} << "version: 1\n";
    CHECK(app::first_there(usual) == usual[0]);
}
