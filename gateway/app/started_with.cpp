#include "gateway/app/started_with.hpp"

#include "config/load.hpp"
#include "config/reading/changes.hpp"

#include <fmt/ranges.h>

#include <algorithm>

namespace yett::app {
namespace {

constexpr std::size_t most_named = 20;

std::string list_of(std::vector<std::string> keys)
{
    auto const more = keys.size() > most_named ? keys.size() - most_named : 0;
    keys.resize(keys.size() - more);
    return fmt::format("{}{}", fmt::join(keys, ", "), more ? fmt::format(" and {} more", more) : "");
}

// What would keep the program from starting again.
std::vector<std::string> mistakes_in(std::string const& text, std::filesystem::path const& file)
{
    std::vector<std::string> all;
    for (auto const& each : config::load_text(text, file, config::process_environment()).complaints)
        if (each.severity == config::severity::error) all.push_back(config::to_string(each));
    return all;
}

} // namespace

started_with::started_with(std::filesystem::path file) : file_{std::move(file)}
{
    if (file_.empty()) return;
    auto const found = config::process_environment().read(file_);
    if (found) then_ = config::without_texts(config::read_document(found->bytes));
}

void started_with::tell_of_changes(telemetry::log& to) const
{
    if (file_.empty()) return;
    auto const file = file_.string();
    auto const found = config::process_environment().read(file_);
    if (!found)
        return to.warning("the configuration cannot be read; what is in use stays",
                          {{"file", file}, {"why", found.error().note()}});
    auto const mistakes = mistakes_in(found->bytes, file_);
    if (!mistakes.empty())
        return to.error("the configuration has mistakes and a restart would fail; what is in use stays",
                        {{"file", file}, {"first", mistakes.front()}, {"mistakes", mistakes.size()}});
    auto const changed = config::changed_keys(then_, config::without_texts(config::read_document(found->bytes)));
    if (changed.empty()) return to.info("the configuration is the one in use", {{"file", file}});
    to.warning("the configuration has changed; restart to apply it", {{"file", file}, {"changed", list_of(changed)}});
}

} // namespace yett::app
