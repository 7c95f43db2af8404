#pragma once

#include "gateway/base/error.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/telemetry/line.hpp"
#include "gateway/telemetry/log_sink.hpp"

#include <concepts>
#include <initializer_list>
#include <mutex>
#include <variant>

namespace yett::telemetry {

// As weighty as what is to be done: `debug` for developers, `info` for the record, `warning` for
// somebody some day, `error` for somebody now. `off` writes nothing.
enum class level : unsigned char
{
    debug,
    info,
    warning,
    error,
    off,
};

// A named value beside a message. A secret is not a value: passing one does not compile.
class log_field
{
public:
    // Views: whatever they point to lives until the call is over.
    log_field(std::string_view name, std::string_view value) : name_{name}, value_{value} {}
    log_field(std::string_view name, char const* value) : name_{name}, value_{std::string_view{value}} {}
    log_field(std::string_view name, std::string const& value) : name_{name}, value_{std::string_view{value}} {}
    log_field(std::string_view name, bool value) : name_{name}, value_{value} {}
    log_field(std::string_view name, std::integral auto value) : name_{name}, value_{static_cast<std::int64_t>(value)} {}
    log_field(std::string_view name, std::floating_point auto value) : name_{name}, value_{static_cast<double>(value)} {}
    log_field(std::string_view name, secret const&) = delete;

private:
    friend class log;
    std::string_view name_;
    std::variant<std::string_view, bool, std::int64_t, double> value_;
};

// What the program has to say about itself: a fixed sentence and named values.
//
//     log.info("listening", {{"address", address}, {"tls", true}});
//
// Shared by all threads. Never called for each request.
class log
{
public:
    using fields = std::initializer_list<log_field>;

    log() = default; // writes nothing
    log(log_sink& to, line_format format, level least);

    // Whether a line of this level is written at all.
    bool at(level l) const noexcept { return ring_ != nullptr && l >= least_; }

    void debug(std::string_view message, fields more = {}) { write(level::debug, message, more); }
    void info(std::string_view message, fields more = {}) { write(level::info, message, more); }
    void warning(std::string_view message, fields more = {}) { write(level::warning, message, more); }
    void error(std::string_view message, fields more = {}) { write(level::error, message, more); }
    // Adds the code, the note and the cause of a failure.
    void error(std::string_view message, base::error const& why) { write(level::error, message, {{"error", describe(why)}}); }

private:
    // One line, under the mutex: lines of several threads do not mix.
    void write(level l, std::string_view message, fields more);

    std::mutex mutex_;
    log_sink* sink_ = nullptr;
    log_ring* ring_ = nullptr;
    level least_ = level::info;
    line line_{line_format::json};
};

} // namespace yett::telemetry
