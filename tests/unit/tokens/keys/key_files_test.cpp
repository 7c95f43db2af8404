#include "gateway/tokens/keys/key_files.hpp"

#include "tests/support/print.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;
namespace fs = std::filesystem;

namespace {

constexpr auto alg = algorithm::es256;

struct fixture
{
    temporary_folder folder;
    fs::path directory = folder.path() / "var" / "keys";
    std::unique_ptr<key_store> keys = make_key_files(directory.string());

    result<bool> add(unsigned number, std::string text = "a key")
    {
        return run(keys->add({alg, number, secret{std::move(text)}}));
    }
    result<std::vector<kept_key>> list(algorithm of = alg) { return run(keys->list(of)); }
    fs::path file(char const* name) const { return directory / name; }
};

} // namespace

TEST_CASE("key files: the first key makes the directory, and nobody else can read either")
{
    fixture f;
    CHECK(f.list()->empty());
    REQUIRE(*f.add(1, "the first"));
    auto const all = f.list();
    REQUIRE(all->size() == 1);
    CHECK(all->front().number == 1);
    CHECK(all->front().document == secret{"the first"});
    auto const mode = [](fs::path const& of) { return fs::status(of).permissions() & fs::perms::mask; };
    CHECK(mode(f.file("es256-000001.pem")) == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(mode(f.directory) == fs::perms::owner_all);
    for (auto const& entry : fs::directory_iterator{f.directory}) CHECK(entry.path().extension() == ".pem");
}

TEST_CASE("key files: keys come oldest first, and foreign files are left alone")
{
    fixture f;
    for (unsigned number : {2u, 10u, 1u}) REQUIRE(*f.add(number));
    std::ofstream{f.file("es256-3.pem")} << "not ours: the number is not padded";
    std::ofstream{f.file("README")} << "notes";
    auto const found = f.list();
    REQUIRE(found->size() == 3);
    CHECK((*found)[0].number == 1);
    CHECK((*found)[2].number == 10);
    CHECK(f.list(algorithm::eddsa)->empty());
}

TEST_CASE("key files: a number is given once")
{
    fixture f;
    CHECK(*f.add(1, "one"));
    CHECK_FALSE(*f.add(1, "other"));
    CHECK(f.list()->front().document == secret{"one"});
}

TEST_CASE("key files: a removed key is gone, and removing it again is no failure")
{
    fixture f;
    REQUIRE(*f.add(1));
    REQUIRE(*f.add(2));
    CHECK(run(f.keys->remove(alg, 1)));
    CHECK(run(f.keys->remove(alg, 1)));
    REQUIRE(f.list()->size() == 1);
    CHECK(f.list()->front().number == 2);
}

TEST_CASE("key files: one that others can read, that is a link, too large or no file fails the whole list")
{
    fixture f;
    REQUIRE(*f.add(1));
    auto const path = f.file("es256-000001.pem");
    ::chmod(path.c_str(), 0640);
    auto const readable = f.list();
    REQUIRE(!readable);
    CHECK(readable.error().note().find("can be read by others") != std::string::npos);
    ::chmod(path.c_str(), 0600);
    REQUIRE(f.list());

    fs::create_symlink(path, f.file("es256-000002.pem"));
    CHECK_FALSE(f.list());
    fs::remove(f.file("es256-000002.pem"));
    fs::create_directory(f.file("es256-000002.pem"));
    CHECK_FALSE(f.list());
    fs::remove(f.file("es256-000002.pem"));
    REQUIRE(f.list());
    std::ofstream{path} << std::string(70'000, 'x');
    CHECK_FALSE(f.list());
}

TEST_CASE("key files: what root adds belongs to the owner of the directory")
{
    if (::geteuid() != 0) return;
    fixture f;
    REQUIRE(*f.add(1));
    REQUIRE(::chown(f.directory.c_str(), 12345, 23456) == 0);
    REQUIRE(*f.add(2));
    struct stat about
    {
    };
    REQUIRE(::stat(f.file("es256-000002.pem").c_str(), &about) == 0);
    CHECK(about.st_uid == 12345);
    CHECK(about.st_gid == 23456);
    CHECK((about.st_mode & 0777) == 0600);
}

TEST_CASE("key files: a directory that cannot be made is an error")
{
    fixture f;
    std::ofstream{f.folder.path() / "file"} << "in the way";
    for (auto const& where : {(f.folder.path() / "file" / "keys").string(), std::string{"/proc/keys-cannot-be-here"}}) {
        auto const keys = make_key_files(where);
        CHECK_FALSE(run(keys->add({alg, 1, secret{"x"}})));
    }
}
