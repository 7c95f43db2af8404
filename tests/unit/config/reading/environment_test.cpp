#include "config/reading/environment.hpp"

#include "config/load.hpp"
#include "tests/support/print.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include <sys/stat.h>

using namespace yett;
using namespace yett::config;

namespace {

std::string written(tests::temporary_folder const& folder, std::string const& name, std::string const& text, mode_t mode)
{
    auto const file = folder.file(name);
    std::ofstream{file} << text;
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    return file;
}

} // namespace

TEST_CASE("environment: a file comes with what its mode allows to others")
{
    tests::temporary_folder const folder;
    auto const env = process_environment();
    for (auto const& [mode, open] : {std::pair{0600, false}, {0400, false}, {0640, true}, {0604, true}, {0644, true}}) {
        CAPTURE(mode);
        auto const got = env.read(written(folder, "f" + std::to_string(mode), "x\n", static_cast<mode_t>(mode)));
        REQUIRE(got);
        CHECK(got->bytes == "x\n");
        CHECK(got->readable_by_others == open);
    }
}

TEST_CASE("environment: only files of a sensible size are read")
{
    tests::temporary_folder const folder;
    auto const env = process_environment();
    CHECK(env.read(written(folder, "full", std::string(1 << 20, 'x'), 0600)));
    CHECK(env.read(written(folder, "more", std::string((1 << 20) + 1, 'x'), 0600)).error().note() == "larger than 1MiB");
    CHECK(env.read(folder.path()).error().note() == "not a regular file");
    CHECK(env.read("/dev/zero").error().note() == "not a regular file");
    CHECK(env.read(folder.file("gone")).error().note() == "No such file or directory");
    REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
    CHECK(env.read(folder.file("pipe")).error().note() == "not a regular file");
}

TEST_CASE("environment: variables are those of the process")
{
    auto const env = process_environment();
    REQUIRE(::setenv("YETT_TEST_VARIABLE", "a b", 1) == 0);
    CHECK(env.variable("YETT_TEST_VARIABLE") == "a b");
    REQUIRE(::unsetenv("YETT_TEST_VARIABLE") == 0);
    CHECK(!env.variable("YETT_TEST_VARIABLE"));
}

TEST_CASE("load: a file that cannot be read is a complaint like any other")
{
    tests::temporary_folder const folder;
    auto const got = load(folder.file("yett.yaml"), process_environment());
    CHECK(!got.value);
    REQUIRE(got.complaints.size() == 1);
    CHECK(to_string(got.complaints.front()) == folder.file("yett.yaml") + ":1:1: cannot be read: No such file or directory");
}

TEST_CASE("load: paths and secrets are found beside the file")
{
    tests::temporary_folder const folder;
    written(folder, "jwt.secret", "0123456789abcdef0123456789abcdeX\n", 0400);
    auto const file = written(folder, "yett.yaml", R"(version: 1
upstreams: { app: { servers: "http://127.0.0.1:9000" } }
routes: [{ name: all, match: { path: "/**" }, access: authenticated, upstream: app }]
accounts: { registration: closed }
tokens: { algorithm: HS256, secret_file: jwt.secret, keys: { directory: ../keys } }
logging: { audit: logs/audit.log, access: /var/log/access.log }
)",
                              0644);
    auto const got = load(file, process_environment());
    REQUIRE(got.value);
    CHECK(got.complaints.empty());
    CHECK(got.value->tokens.secret.reveal() == "0123456789abcdef0123456789abcdeX");
    CHECK(got.value->tokens.keys.directory == folder.path().parent_path() / "keys");
    CHECK(got.value->logging.audit.file == folder.path() / "logs/audit.log");
    CHECK(got.value->logging.access.file == "/var/log/access.log");
    CHECK(got.value->storage.file == folder.path() / "var/yett.db");
    CHECK(got.value->management.socket == folder.path() / "yett.sock");
}

TEST_CASE("environment: whom a secret is open to")
{
    constexpr uid_t root = 0, yett = 990, other = 991;
    struct
    {
        mode_t mode;
        uid_t owner;
        gid_t group;
        uid_t reader;
        bool open;
    } const cases[] = {
        {0600, yett, yett, yett, false},   {0400, yett, yett, yett, false}, {0640, yett, yett, yett, true},
        {0644, yett, yett, yett, true},    {0604, yett, yett, yett, true},  {0600, root, root, root, false},
        {0640, root, root, root, true},    {0440, root, yett, yett, false}, // as Kubernetes does
        {0640, root, yett, yett, false},   {0444, root, yett, yett, true},  {0604, root, yett, yett, true},
        {0640, root, yett, root, false}, // who runs commands beside the service
        {0644, root, yett, root, true},    {0640, other, yett, yett, true}, {0440, other, other, root, true},
        {0600, other, other, root, false}, {0400, root, root, yett, false},
    };
    for (auto const& [mode, owner, group, reader, open] : cases) {
        CAPTURE(mode);
        CAPTURE(owner);
        CAPTURE(group);
        CAPTURE(reader);
        CHECK(is_open_to_others(mode, {owner, group}, reader) == open);
    }
}
