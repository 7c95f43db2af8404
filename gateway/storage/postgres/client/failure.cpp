#include "gateway/storage/postgres/client/failure.hpp"

#include <algorithm>
#include <array>

namespace yett::storage::postgres {

namespace {

constexpr std::string_view unique_violation = "23505";
constexpr std::string_view foreign_key_violation = "23503";
constexpr std::string_view character_not_in_repertoire = "22021";
constexpr std::string_view serialization_failure = "40001";
constexpr std::string_view deadlock_detected = "40P01";

constexpr std::array<std::string_view, 6> endings{
    "57P01", // admin_shutdown
    "57P02", // crash_shutdown
    "57P05", // idle_session_timeout
    "25006", // read_only_sql_transaction: this one is a standby now
    "26000", // invalid_sql_statement_name
    "0A000", // cached plan must not change result type, after a migration
};

} // namespace

error failure_of(std::string_view sqlstate, std::string const& message)
{
    if (sqlstate == unique_violation) return errc::conflict;
    if (sqlstate == foreign_key_violation || sqlstate == character_not_in_repertoire) return errc::not_found;
    auto told = our_error(errc::storage_unavailable, "postgresql: " + message + ", code " + std::string{sqlstate});
    if (sqlstate == serialization_failure || sqlstate == deadlock_detected) return std::move(told).as_retryable();
    return told;
}

bool ends_connection(std::string_view sqlstate) noexcept
{
    return std::ranges::find(endings, sqlstate) != endings.end() || sqlstate.starts_with("08");
}

} // namespace yett::storage::postgres
