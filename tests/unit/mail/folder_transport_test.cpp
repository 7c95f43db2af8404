#include "gateway/mail/folder_transport.hpp"

#include "tests/support/print.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

using namespace yett;
using namespace yett::mail;
using tests::temporary_folder;

namespace {

std::string content_of(std::string const& path)
{
    std::ifstream const file{path, std::ios::binary};
    return (std::ostringstream{} << file.rdbuf()).str();
}

mode_t mode_of(std::string const& path)
{
    struct stat found = {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 0777;
}

} // namespace

TEST_CASE("folder: a mail is a file of its own, whole, and the owner's alone")
{
    temporary_folder const folder;
    auto const outbox = folder.file("var/outbox");
    auto const way = make_folder_transport(outbox);
    REQUIRE(way);
    CHECK(mode_of(outbox) == 0700);
    CHECK_FALSE((*way)->carry({"id-1", "a@b", "c@d", "first\r\n"}));
    CHECK_FALSE((*way)->carry({"id-2", "a@b", "c@d", "second\r\n"}));
    CHECK_FALSE((*way)->carry({"id-1", "a@b", "c@d", "again\r\n"}));
    CHECK(content_of(outbox + "/id-1.eml") == "again\r\n");
    CHECK(content_of(outbox + "/id-2.eml") == "second\r\n");
    CHECK(mode_of(outbox + "/id-1.eml") == 0600);
    std::filesystem::directory_iterator const files{outbox};
    CHECK(std::distance(begin(files), end(files)) == 2);
}

TEST_CASE("folder: one that cannot be made or written is said at once")
{
    temporary_folder const folder;
    std::ofstream{folder.file("a-file")} << "x";
    CHECK_FALSE(make_folder_transport(folder.file("a-file")));
    CHECK_FALSE(make_folder_transport(folder.file("a-file/below")));
    CHECK_FALSE(make_folder_transport("/proc/no/such/folder"));
}

TEST_CASE("folder: a mail that could not be written is a setback, not half a file")
{
    temporary_folder const folder;
    auto const outbox = folder.file("outbox");
    auto const way = make_folder_transport(outbox);
    REQUIRE(way);
    std::filesystem::remove_all(outbox);
    auto const gone = (*way)->carry({"id-1", "a@b", "c@d", "first\r\n"});
    REQUIRE(gone);
    CHECK(gone->what == delivery_error::kind::not_written);
    CHECK(gone->note == "No such file or directory");
    std::filesystem::create_directories(outbox + "/id-1.eml/in-the-way");
    CHECK((*way)->carry({"id-1", "a@b", "c@d", "first\r\n"}));
    CHECK_FALSE(std::filesystem::exists(outbox + "/.id-1.unfinished"));
}
