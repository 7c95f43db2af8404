#include "gateway/base/publish_file.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

using namespace yett;

namespace {

std::string content_of(std::string const& file)
{
    return (std::ostringstream{} << std::ifstream{file}.rdbuf()).str();
}

} // namespace

TEST_CASE("publish_file: a name is given once, and what has it stays")
{
    tests::temporary_folder const folder;
    std::ofstream{folder.file("one")} << "one";
    std::ofstream{folder.file("two")} << "two";
    CHECK_FALSE(publish_file(folder.file("one"), folder.file("name")));
    CHECK(publish_file(folder.file("two"), folder.file("name")) == std::errc::file_exists);
    CHECK(content_of(folder.file("name")) == "one");
    CHECK(publish_file(folder.file("absent"), folder.file("other")) == std::errc::no_such_file_or_directory);
}

TEST_CASE("sync_to_disk: a file, a folder, and what is not there")
{
    tests::temporary_folder const folder;
    std::ofstream{folder.file("one")} << "one";
    CHECK_FALSE(sync_to_disk(folder.file("one")));
    CHECK_FALSE(sync_to_disk(folder.path().string()));
    CHECK(sync_to_disk(folder.file("absent")) == std::errc::no_such_file_or_directory);
}
