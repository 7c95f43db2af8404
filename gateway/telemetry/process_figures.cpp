#include "gateway/telemetry/process_figures.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace yett::telemetry {
namespace {

// Fields 3 and following of proc(5)'s `stat`: the second one, the name in brackets, may
// hold blanks and brackets itself.
struct stat_line
{
    double ticks = 0;
    double virtual_bytes = 0;
    double resident_pages = 0;
    double started_after_boot = 0; // in ticks
};

stat_line read_stat()
{
    std::ifstream file{"/proc/self/stat"};
    std::string const line{std::istreambuf_iterator<char>{file}, {}};
    std::istringstream fields{line.substr(std::min(line.rfind(')') + 1, line.size()))};
    stat_line s;
    std::string field;
    for (int number = 3; number <= 24 && fields >> field; ++number) {
        if (number == 14 || number == 15) s.ticks += std::stod(field);
        if (number == 22) s.started_after_boot = std::stod(field);
        if (number == 23) s.virtual_bytes = std::stod(field);
        if (number == 24) s.resident_pages = std::stod(field);
    }
    return s;
}

double boot_time()
{
    std::ifstream file{"/proc/stat"};
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("btime ")) return std::stod(line.substr(6));
    }
    return 0;
}

double count_open_fds()
{
    std::error_code ignored;
    std::filesystem::directory_iterator const fds{"/proc/self/fd", ignored};
    return static_cast<double>(std::distance(begin(fds), end(fds)));
}

} // namespace

process_figures read_process_figures()
{
    auto const ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    auto const stat = read_stat();
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);

    process_figures now;
    now.cpu_seconds = stat.ticks / ticks_per_second;
    now.resident_bytes = stat.resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
    now.virtual_bytes = stat.virtual_bytes;
    now.open_fds = count_open_fds();
    now.max_fds = static_cast<double>(files.rlim_cur);
    now.started_at = boot_time() + stat.started_after_boot / ticks_per_second;
    return now;
}

} // namespace yett::telemetry
