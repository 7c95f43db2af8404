#include "gateway/console/progress.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include <unistd.h>

namespace yett::console {
namespace {

constexpr std::size_t bar_width = 30;

} // namespace

progress::progress(std::uint64_t total) : total_{total}, on_terminal_{::isatty(STDERR_FILENO) != 0} {}

progress::~progress()
{
    wipe();
}

void progress::show(std::uint64_t done, std::uint64_t rows)
{
    if (!on_terminal_) return;
    shown_ = true;
    if (total_ == 0) {
        std::fprintf(stderr, "\r%llu rows", static_cast<unsigned long long>(rows));
        return;
    }
    auto const share = static_cast<double>(std::min(done, total_)) / static_cast<double>(total_);
    auto const filled = static_cast<std::size_t>(share * static_cast<double>(bar_width));
    auto const bar = std::string(filled, '#') + std::string(bar_width - filled, '.');
    std::fprintf(stderr, "\r[%s] %3.0f %%  %llu rows", bar.c_str(), share * 100, static_cast<unsigned long long>(rows));
}

void progress::wipe()
{
    if (shown_) std::fputs("\r\x1b[K", stderr);
    shown_ = false;
}

} // namespace yett::console
