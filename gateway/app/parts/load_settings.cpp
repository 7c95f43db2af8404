#include "gateway/app/parts/load_settings.hpp"

#include "config/load.hpp"
#include "gateway/app/parts/build_snapshot.hpp"
#include "gateway/app/parts/mailer.hpp"

#include <cstdio>
#include <tuple>

namespace yett::app {

std::optional<config::settings> load_settings(std::filesystem::path const& file)
{
    auto loaded = config::load(file, config::process_environment());
    auto complaints = std::move(loaded.complaints);
    if (loaded.value) {
        auto rules = compile_rules(*loaded.value);
        complaints.insert(complaints.end(), rules.complaints.begin(), rules.complaints.end());
        for (auto const& each : complaints_about_mail(*loaded.value))
            complaints.push_back({.file = file.string(), .path = {}, .text = each});
    }
    auto const by_place = [](auto const& a, auto const& b) { return std::tie(a.line, a.column) < std::tie(b.line, b.column); };
    std::stable_sort(complaints.begin(), complaints.end(), by_place);
    for (auto const& each : complaints) std::fprintf(stderr, "%s\n", to_string(each).c_str());
    return has_error(complaints) ? std::nullopt : std::move(loaded.value);
}

} // namespace yett::app
