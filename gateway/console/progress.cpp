#include "gateway/console/progress.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include <unistd.h>

namespace yett::console {
namespace {

constexpr std::size_t bar_width = 30;

} // namespace

progress::progress(std::uint64_t total, std::string what)
    : total_{total},
      what_{std::move(what)},
      on_terminal_{::isatty(STDERR_FILENO) != 0}
{
}

progress::~progress()
{
    wipe();
}

void progress::show(std::uint64_t done, std::uint64_t counted)
{
    if (!on_terminal_) return;
    shown_ = true;
    if (total_ == 0) {
        std::fprintf(stderr, "\r%llu %s", static_cast<unsigned long long>(counted), what_.c_str());
        return;
    }
    auto const share = static_cast<double>(std::min(done, total_)) / static_cast<double>(total_);
    auto const filled = static_cast<std::size_t>(share * static_cast<double>(bar_width));
    auto const bar = std::string(filled, '#') + std::string(bar_width - filled, '.');
    std::fprintf(stderr, "\r[%s] %3.0f %%  %llu %s", bar.c_str(), share * 100, static_cast<unsigned long long>(counted),
                 what_.c_str());
}

void progress::wipe()
{
    if (shown_) std::fputs("\r\x1b[K", stderr);
    shown_ = false;
}

} // namespace yett::console
