#include "gateway/app/file_watch.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string_view>

using namespace yett;
using app::file_watch;
namespace fs = std::filesystem;

namespace {

timespec change_of(fs::path const& file)
{
    struct stat found
    {
    };
    ::stat(file.c_str(), &found);
    return found.st_ctim;
}

// Until the change shows: the times of files move on in steps of some milliseconds.
void write(fs::path const& file, std::string_view text)
{
    auto const before = change_of(file);
    auto now = before;
    while (now.tv_sec == before.tv_sec && now.tv_nsec == before.tv_nsec) {
        std::ofstream{file} << text;
        now = change_of(file);
    }
}

// How many of the next looks told of a change, each of which was accepted.
int told(file_watch& by)
{
    int changes = 0;
    for (int i = 0; i < 5; ++i) {
        if (!by.look()) continue;
        by.accept();
        ++changes;
    }
    return changes;
}

} // namespace

TEST_CASE("file watch: what stays as it is is no change")
{
    tests::temporary_folder const at;
    write(at.path() / "leaf.crt", "one");
    file_watch watch{{at.path() / "leaf.crt", at.path() / "absent"}};
    CHECK(told(watch) == 0);
    file_watch none{{}};
    CHECK(told(none) == 0);
}

TEST_CASE("file watch: every way to change a file is told once")
{
    tests::temporary_folder const at;
    auto const file = at.path() / "leaf.crt";
    write(file, "one");
    fs::create_directory(at.path() / "first");
    fs::create_directory(at.path() / "second");
    for (auto const* folder : {"first", "second"}) write(at.path() / folder / "leaf.crt", "linked");
    fs::create_directory_symlink("first", at.path() / "live");
    file_watch watch{{file, at.path() / "live/leaf.crt"}};

    write(file, "other");
    CHECK(told(watch) == 1);
    auto const before = fs::last_write_time(file);
    write(file, "OTHER");
    fs::last_write_time(file, before);
    CHECK_MESSAGE(told(watch) == 1, "the same size, and a time that was set back");
    write(at.path() / "new", "other");
    fs::rename(at.path() / "new", file);
    CHECK_MESSAGE(told(watch) == 1, "replaced");
    fs::permissions(file, fs::perms::owner_read);
    CHECK_MESSAGE(told(watch) == 1, "may be readable now");
    fs::remove(file);
    CHECK_MESSAGE(told(watch) == 1, "gone");
    write(file, "other");
    CHECK_MESSAGE(told(watch) == 1, "here again");
    fs::create_directory_symlink("second", at.path() / "next");
    fs::rename(at.path() / "next", at.path() / "live");
    CHECK_MESSAGE(told(watch) == 1, "a link on the way leads elsewhere");
}

TEST_CASE("file watch: what somebody is still writing is not told of")
{
    tests::temporary_folder const at;
    auto const file = at.path() / "leaf.crt";
    write(file, "");
    file_watch watch{{file}};
    for (auto const* text : {"a", "ab", "abc"}) {
        write(file, text);
        CHECK_FALSE(watch.look());
    }
    CHECK(watch.look());
    CHECK_MESSAGE(watch.look(), "until it is accepted");
    watch.accept();
    CHECK_FALSE(watch.look());
}

TEST_CASE("file watch: a change that was accepted unasked is a change when it is taken back")
{
    tests::temporary_folder const at;
    fs::create_directory(at.path() / "monday");
    fs::create_directory(at.path() / "tuesday");
    for (auto const* folder : {"monday", "tuesday"}) write(at.path() / folder / "leaf.crt", "one");
    auto const lead_to = [&](char const* folder) {
        fs::create_directory_symlink(folder, at.path() / "next");
        fs::rename(at.path() / "next", at.path() / "live");
    };
    lead_to("monday");
    file_watch watch{{at.path() / "live/leaf.crt"}};
    lead_to("tuesday");
    watch.accept();
    lead_to("monday");
    CHECK(told(watch) == 1);
}

TEST_CASE("file watch: a change that was taken back between two looks is none")
{
    tests::temporary_folder const at;
    auto const file = at.path() / "leaf.crt";
    write(file, "one");
    file_watch watch{{at.path() / "link"}};
    fs::create_symlink("leaf.crt", at.path() / "link");
    CHECK_FALSE(watch.look());
    fs::remove(at.path() / "link");
    CHECK(told(watch) == 0);
}
