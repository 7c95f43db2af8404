#include "gateway/tokens/key_files.hpp"

#include "tests/support/print.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;
namespace fs = std::filesystem;

namespace {

std::string slurp(std::string const& path)
{
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

TEST_CASE("key files: the first start makes the directory and a key that nobody else can read")
{
    temporary_folder const folder;
    key_directory const keys{(folder.path() / "var" / "keys").string(), {}};
    for (auto const alg : {algorithm::es256, algorithm::eddsa, algorithm::rs256, algorithm::ps256}) {
        CHECK(read_keys(keys, alg)->empty());
        auto const made = open_keys(keys, alg, at());
        REQUIRE(made);
        REQUIRE(made->size() == 1);
        CHECK(made->front().number == 1);
        CHECK(made->front().made_at == at());
        CHECK(made->front().key.alg() == alg);
        CHECK((fs::status(made->front().file).permissions() & fs::perms::mask) == (fs::perms::owner_read | fs::perms::owner_write));
        auto const again = open_keys(keys, alg, at(1000));
        REQUIRE(again);
        CHECK(again->front().key.kid() == made->front().key.kid());
    }
    CHECK((fs::status(keys.path).permissions() & fs::perms::mask) == fs::perms::owner_all);
    for (auto const& entry : fs::directory_iterator{keys.path}) CHECK(entry.path().extension() == ".pem");
}

TEST_CASE("key files: keys come oldest first, and foreign files are left alone")
{
    temporary_folder const folder;
    key_directory const keys{folder.path().string(), {}};
    for (unsigned number : {2u, 10u, 1u}) REQUIRE(add_key(keys, algorithm::es256, number, at(number)));
    std::ofstream{folder.path() / "es256-3.pem"} << "not ours: the number is not padded";
    std::ofstream{folder.path() / "README"} << "notes";
    auto const found = read_keys(keys, algorithm::es256);
    REQUIRE(found);
    REQUIRE(found->size() == 3);
    CHECK((*found)[0].number == 1);
    CHECK((*found)[2].number == 10);
    CHECK((*found)[2].made_at == at(10));
    CHECK(read_keys(keys, algorithm::eddsa)->empty());
}

TEST_CASE("key files: a number that is taken gives the key that is there")
{
    temporary_folder const folder;
    key_directory const keys{folder.path().string(), {}};
    auto const first = add_key(keys, algorithm::es256, 1, at());
    auto const second = add_key(keys, algorithm::es256, 1, at(5));
    REQUIRE(second);
    CHECK(second->key.kid() == first->key.kid());
    CHECK(second->made_at == at());
}

TEST_CASE("key files: processes that start at once agree on one key")
{
    temporary_folder const folder;
    key_directory const keys{(folder.path() / "keys").string(), {}};
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
        auto const child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            auto const mine = open_keys(keys, algorithm::es256, at());
            if (mine && mine->size() == 1) std::ofstream{folder.path() / fmt::format("kid-{}", i)} << mine->front().key.kid();
            ::_exit(0);
        }
        children.push_back(child);
    }
    for (auto const child : children) ::waitpid(child, nullptr, 0);
    std::set<std::string> kids;
    for (int i = 0; i < 4; ++i) kids.insert(slurp((folder.path() / fmt::format("kid-{}", i)).string()));
    CHECK(kids.size() == 1);
    CHECK(*kids.begin() == open_keys(keys, algorithm::es256, at())->front().key.kid());
}

TEST_CASE("key files: one that others can read, that is a link, cut or of another kind stops the start")
{
    temporary_folder const folder;
    key_directory const keys{folder.path().string(), {}};
    auto const path = add_key(keys, algorithm::es256, 1, at())->file;
    REQUIRE(read_keys(keys, algorithm::es256));
    ::chmod(path.c_str(), 0640);
    auto const readable = read_keys(keys, algorithm::es256);
    REQUIRE(!readable);
    CHECK(readable.error().note().find("can be read by others") != std::string::npos);
    ::chmod(path.c_str(), 0600);

    fs::create_symlink(path, folder.path() / "es256-000002.pem");
    CHECK_FALSE(open_keys(keys, algorithm::es256, at()));
    fs::remove(folder.path() / "es256-000002.pem");
    fs::create_directory(folder.path() / "es256-000002.pem");
    CHECK_FALSE(read_keys(keys, algorithm::es256));
    fs::remove(folder.path() / "es256-000002.pem");
    REQUIRE(read_keys(keys, algorithm::es256));

    fs::copy_file(path, folder.path() / "eddsa-000001.pem");
    CHECK_FALSE(read_keys(keys, algorithm::eddsa));
    fs::resize_file(path, fs::file_size(path) - 40);
    CHECK_FALSE(read_keys(keys, algorithm::es256));
    std::ofstream{path} << std::string(70'000, 'x');
    CHECK_FALSE(read_keys(keys, algorithm::es256));
}

TEST_CASE("key files: with a passphrase they are encrypted and need it")
{
    temporary_folder const folder;
    key_directory const locked{folder.path().string(), secret{"correct horse battery staple"}};
    auto const made = open_keys(locked, algorithm::eddsa, at());
    REQUIRE(made);
    CHECK(slurp(made->front().file).find("ENCRYPTED PRIVATE KEY") != std::string::npos);
    CHECK(open_keys(locked, algorithm::eddsa, at())->front().key.kid() == made->front().key.kid());
    CHECK_FALSE(open_keys({locked.path, {}}, algorithm::eddsa, at()));
    CHECK_FALSE(open_keys({locked.path, secret{"wrong"}}, algorithm::eddsa, at()));
}

TEST_CASE("key files: secrets have no files, and a directory that cannot be made is an error")
{
    temporary_folder const folder;
    CHECK_FALSE(open_keys({folder.path().string(), {}}, algorithm::hs256, at()));
    std::ofstream{folder.path() / "file"} << "in the way";
    CHECK_FALSE(open_keys({(folder.path() / "file" / "keys").string(), {}}, algorithm::es256, at()));
    CHECK_FALSE(open_keys({"/proc/keys-cannot-be-here", {}}, algorithm::es256, at()));
}
