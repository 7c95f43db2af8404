#include "gateway/console/read_password.hpp"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <initializer_list>
#include <optional>

#include <termios.h>
#include <unistd.h>

namespace yett::console {
namespace {

// Lock-free, as a signal handler needs it.
std::atomic<int> interrupted{0};

void note_interruption(int signal)
{
    interrupted = signal;
}

// No echo as long as it lives. An interruption ends the reading, so that the terminal is
// restored before it takes effect.
class silence
{
public:
    silence()
    {
        tcgetattr(STDIN_FILENO, &before_);
        auto quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        quiet.c_lflag |= ECHONL;
        struct sigaction on
        {
        };
        on.sa_handler = note_interruption;
        sigaction(SIGINT, &on, &sigint_);
        sigaction(SIGTERM, &on, &sigterm_);
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    ~silence()
    {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
        sigaction(SIGINT, &sigint_, nullptr);
        sigaction(SIGTERM, &sigterm_, nullptr);
        if (auto const signal = interrupted.exchange(0)) std::raise(signal);
    }
    silence(silence const&) = delete;
    silence& operator=(silence const&) = delete;

private:
    termios before_{};
    struct sigaction sigint_
    {
    };
    struct sigaction sigterm_
    {
    };
};

// One line, read byte by byte: a buffer of the library would keep a copy.
std::optional<secret> read_line()
{
    constexpr std::size_t longest = 4096;
    std::string text;
    text.reserve(longest);
    char c = 0;
    for (;;) {
        auto const got = ::read(STDIN_FILENO, &c, 1);
        if (got < 0 || (got == 0 && text.empty()) || text.size() == longest) return std::nullopt;
        if (got == 0 || c == '\n') break;
        text.push_back(c);
    }
    if (text.ends_with('\r')) text.pop_back();
    return secret{std::move(text)};
}

std::optional<secret> ask(std::string const& prompt)
{
    std::fputs(prompt.c_str(), stderr);
    std::fflush(stderr);
    return read_line();
}

} // namespace

result<secret> read_password(std::string const& prompt)
{
    auto nothing = client_error(errc::password_weak, "no password was given");
    if (::isatty(STDIN_FILENO) == 0) {
        auto line = read_line();
        if (!line || line->empty()) return nothing;
        return std::move(*line);
    }
    silence const quiet;
    auto first = ask(prompt + ": ");
    if (!first || first->empty()) return nothing;
    auto const second = ask("Once more: ");
    if (!second || *first != *second) return client_error(errc::password_weak, "the two are not the same");
    return std::move(*first);
}

} // namespace yett::console
