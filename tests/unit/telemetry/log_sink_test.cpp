#include "gateway/telemetry/log_sink.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace yett::telemetry {
namespace {

namespace fs = std::filesystem;

// A folder of its own that goes away with the test.
class folder
{
public:
    folder()
    {
        char name[] = "/tmp/yett-telemetry-XXXXXX";
        path_ = ::mkdtemp(name);
    }
    ~folder() { fs::remove_all(path_); }
    std::string file(char const* name) const { return path_ / name; }

private:
    fs::path path_;
};

std::string content(std::string const& path)
{
    std::ifstream in{path};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::uint64_t dropped(log_sink const& sink, std::string_view stream)
{
    for (auto const& [name, lines] : sink.dropped()) {
        if (name == stream) return lines;
    }
    return 0;
}

TEST_CASE("log ring: lines come out whole and in order, also around the end of the ring")
{
    log_ring ring{"access", 64};
    std::string out;
    std::string expected;
    for (int i = 0; i < 100; ++i) {
        auto const line = "line " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 17), '.') + "\n";
        REQUIRE(ring.push(line));
        expected += line;
        ring.take(out);
        REQUIRE(out == expected);
    }
    CHECK(ring.empty());
}

TEST_CASE("log ring: a line that does not fit is dropped whole and counted")
{
    log_ring ring{"access", 16};
    CHECK(ring.push("0123456789\n"));
    CHECK_FALSE(ring.push("abcdef\n"));
    CHECK_FALSE(ring.push(std::string(100, 'x')));
    CHECK(ring.push("abcd\n"));
    CHECK(ring.dropped() == 2);
    std::string out;
    ring.take(out);
    CHECK(out == "0123456789\nabcd\n");
}

TEST_CASE("log sink: what was pushed is in the file after a flush, and the rest at the end")
{
    folder const here;
    auto const path = here.file("access.log");
    {
        auto sink = log_sink::open(path);
        REQUIRE(sink.has_value());
        auto& ring = (*sink)->add("access");
        ring.push("one\n");
        (*sink)->flush();
        CHECK(content(path) == "one\n");
        ring.push("two\n");
    }
    CHECK(content(path) == "one\ntwo\n");
    CHECK((fs::status(path).permissions() & fs::perms::others_all) == fs::perms::none);
}

TEST_CASE("log sink: a fresh folder is made, also one in another and one that went away; a file in its place is an error")
{
    folder f;
    auto const target = f.file("var/log/access.log");
    auto opened = log_sink::open(target);
    REQUIRE(opened.has_value());
    auto& ring = (*opened)->add("access");
    CHECK(ring.push("one\n"));
    (*opened)->flush();
    CHECK(content(target) == "one\n");

    fs::remove_all(f.file("var"));
    REQUIRE((*opened)->reopen().has_value());
    CHECK(ring.push("two\n"));
    (*opened)->flush();
    CHECK(content(target) == "two\n");

    std::ofstream{f.file("plain")} << "x";
    CHECK_FALSE(log_sink::open(f.file("plain/access.log")).has_value());
}

TEST_CASE("log sink: lines of several threads arrive whole and none is lost or counted as lost")
{
    constexpr int threads = 4;
    constexpr int lines = 2000;
    folder const here;
    auto const path = here.file("access.log");
    {
        auto sink = log_sink::open(path);
        REQUIRE(sink.has_value());
        std::vector<std::jthread> producers;
        for (int t = 0; t < threads; ++t) {
            producers.emplace_back([&, t] {
                auto& ring = (*sink)->add("access");
                for (int i = 0; i < lines; ++i) {
                    ring.push(std::to_string(t) + " " + std::to_string(i) + "\n");
                    (*sink)->wake();
                }
            });
        }
        producers.clear();
        CHECK(dropped(**sink, "access") == 0);
    }
    std::istringstream all{content(path)};
    std::array<int, threads> next{};
    int thread = 0;
    for (int number = 0; all >> thread >> number;) CHECK(number == next.at(static_cast<std::size_t>(thread))++);
    for (auto const count : next) CHECK(count == lines);
}

TEST_CASE("log sink: a file that was moved away is opened anew on request")
{
    folder const here;
    auto const path = here.file("access.log");
    auto sink = log_sink::open(path);
    REQUIRE(sink.has_value());
    auto& ring = (*sink)->add("access");
    ring.push("old\n");
    (*sink)->flush();
    fs::rename(path, here.file("access.log.1"));
    CHECK((*sink)->reopen().has_value());
    (*sink)->flush();
    ring.push("new\n");
    (*sink)->flush();
    CHECK(content(here.file("access.log.1")) == "old\n");
    CHECK(content(path) == "new\n");
}

TEST_CASE("log sink: a target that cannot be opened is an error, and one that cannot be reopened is kept")
{
    folder const here;
    fs::create_directory(here.file("folder"));
    CHECK_FALSE(log_sink::open(here.file("folder")).has_value());

    auto const path = here.file("access.log");
    auto sink = log_sink::open(path);
    REQUIRE(sink.has_value());
    auto& ring = (*sink)->add("access");
    fs::rename(path, here.file("moved"));
    fs::create_directory(path);
    CHECK_FALSE((*sink)->reopen().has_value());
    ring.push("still here\n");
    (*sink)->flush();
    CHECK(content(here.file("moved")) == "still here\n");
}

TEST_CASE("log sink: lines that the system refuses are counted")
{
    auto sink = log_sink::open("/dev/full");
    REQUIRE(sink.has_value());
    (*sink)->add("access").push("one\ntwo\n");
    (*sink)->flush();
    CHECK(dropped(**sink, "unwritten") == 2);
}

// Puts the end of a pipe where standard error was, for the length of a test.
class captured_stderr
{
public:
    captured_stderr() : saved_{::dup(STDERR_FILENO)}
    {
        REQUIRE(::pipe(ends_) == 0);
        ::dup2(ends_[1], STDERR_FILENO);
        ::close(ends_[1]);
    }
    ~captured_stderr()
    {
        ::dup2(saved_, STDERR_FILENO);
        ::close(saved_);
        ::close(ends_[0]);
    }
    void fill() const
    {
        auto const end = ::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        while (::write(end, ".", 1) == 1) {}
        ::close(end);
    }
    std::string read_some() const
    {
        std::string bytes(65536, '\0');
        auto const got = ::read(ends_[0], bytes.data(), bytes.size());
        bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        return bytes;
    }

private:
    int saved_;
    int ends_[2];
};

TEST_CASE("log sink: standard error may be a pipe")
{
    captured_stderr const pipe;
    auto sink = log_sink::open("stderr");
    REQUIRE(sink.has_value());
    CHECK_FALSE((*sink)->is_terminal());
    CHECK((*sink)->reopen().has_value());
    (*sink)->add("program").push("hello\n");
    (*sink)->flush();
    CHECK(pipe.read_some() == "hello\n");
}

TEST_CASE("log sink: a reader who never reads holds up neither the producers nor the end")
{
    captured_stderr const pipe;
    pipe.fill();
    auto sink = log_sink::open("stderr");
    REQUIRE(sink.has_value());
    auto& ring = (*sink)->add("access", 4096);
    std::string const line = std::string(1000, 'x') + "\n";
    // The writer takes the ring once into the batch it cannot write, so some lines fit and the rest does not.
    for (int i = 0; i < 20; ++i) {
        ring.push(line);
        (*sink)->wake();
    }
    CHECK(ring.dropped() >= 20 - 2 * 4);
    CHECK(ring.dropped() < 20);

    auto const before = steady_now();
    sink = our_error(errc::stopping);
    CHECK(steady_now() - before < seconds{5});
    CHECK(pipe.read_some().find('x') == std::string::npos);
}

} // namespace
} // namespace yett::telemetry
