#include "gateway/telemetry/log.hpp"

#include <array>

namespace yett::telemetry {
namespace {

constexpr std::array level_names{"debug", "info", "warning", "error", "off"};
constexpr std::size_t value_length = 2048;

} // namespace

log::log(log_sink& to, line_format format, level least)
    : sink_{&to},
      ring_{&to.add("program", 256 * 1024)},
      least_{least},
      line_{format}
{
}

void log::write(level l, std::string_view message, fields more)
{
    if (!at(l)) return;

    std::scoped_lock const lock{mutex_};
    line_.begin(wall_now());
    line_.add_bare("level", level_names[static_cast<std::size_t>(l)], value_length);
    line_.add_bare("message", message, value_length);
    for (auto const& field : more) {
        auto const add = [&](auto value) {
            using type = decltype(value);
            if constexpr (std::is_same_v<type, std::string_view>) line_.add(field.name_, value, value_length);
            else if constexpr (std::is_same_v<type, bool>) line_.add_flag(field.name_, value);
            else if constexpr (std::is_same_v<type, std::int64_t>) line_.add_signed(field.name_, value);
            else line_.add_number(field.name_, value);
        };
        std::visit(add, field.value_);
    }
    ring_->push(line_.end());
    sink_->wake();
}

} // namespace yett::telemetry
