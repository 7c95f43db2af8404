#include "gateway/storage/redis/client/command.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::storage::redis;

namespace {

std::string written(command const& what)
{
    std::string text;
    what.write_to(text);
    return text;
}

script const one_script{"return 1"};

} // namespace

TEST_CASE("command: words go out with their lengths, whatever is in them")
{
    struct row
    {
        command what;
        std::string written;
    };
    row const rows[]{
        {command{"PING"}, "*1\r\n$4\r\nPING\r\n"},
        {command{"GET", "a key"}, "*2\r\n$3\r\nGET\r\n$5\r\na key\r\n"},
        {command{"SET", "k", ""}, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n"},
        {command{"SET", "k\r\nDEL k", std::string{"\0\r\n$", 4}},
         "*3\r\n$3\r\nSET\r\n$8\r\nk\r\nDEL k\r\n$4\r\n" + std::string{"\0\r\n$", 4} + "\r\n"},
        {command{"EXPIRE", "k", 60, std::uint64_t{18446744073709551615u}},
         "*4\r\n$6\r\nEXPIRE\r\n$1\r\nk\r\n$2\r\n60\r\n$20\r\n18446744073709551615\r\n"},
        {command{"INCRBY", "k", std::int64_t{-5}}, "*3\r\n$6\r\nINCRBY\r\n$1\r\nk\r\n$2\r\n-5\r\n"},
    };
    for (auto const& r : rows) CHECK(written(r.what) == r.written);
}

TEST_CASE("command: one more word, and one command behind the other")
{
    command all{"DEL"};
    for (auto const* const each : {"a", "b"}) all.add(each);
    std::string text = written(command{"PING"});
    all.write_to(text);
    CHECK(text == "*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nDEL\r\n$1\r\na\r\n$1\r\nb\r\n");
}

TEST_CASE("command: a script goes by the SHA-1 of its text, and with the text where it is not known")
{
    CHECK(one_script.digest() == "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
    command const run{one_script, {"{a}:1", "{a}:2"}, "word", 7};
    CHECK(run.runs_script());
    CHECK_FALSE(command{"PING"}.runs_script());
    CHECK(written(run) == "*7\r\n$7\r\nEVALSHA\r\n$40\r\ne0e1f9fabfc9d4800c877a703b823ac0578ff8db\r\n$1\r\n2\r\n"
                          "$5\r\n{a}:1\r\n$5\r\n{a}:2\r\n$4\r\nword\r\n$1\r\n7\r\n");
    CHECK(written(run.with_text()) == "*7\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n2\r\n"
                                      "$5\r\n{a}:1\r\n$5\r\n{a}:2\r\n$4\r\nword\r\n$1\r\n7\r\n");
}
