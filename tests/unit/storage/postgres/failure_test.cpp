#include "gateway/storage/postgres/client/failure.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::storage::postgres;

TEST_CASE("failure: what the server tells, and whether to try again")
{
    struct row
    {
        char const* state;
        errc code;
        bool again;
        bool ends;
    };
    for (auto const& [state, code, again, ends] : {
             row{"23505", errc::conflict, false, false},         // unique_violation
             {"23503", errc::not_found, false, false},           // foreign_key_violation
             {"22021", errc::not_found, false, false},           // bytes that are no text
             {"23514", errc::storage_unavailable, false, false}, // check_violation
             {"40001", errc::storage_unavailable, true, false},  // serialization_failure
             {"40P01", errc::storage_unavailable, true, false},  // deadlock_detected
             {"57014", errc::storage_unavailable, false, false}, // statement_timeout
             {"55P03", errc::storage_unavailable, false, false}, // lock_timeout
             {"53100", errc::storage_unavailable, false, false}, // disk_full
             {"53300", errc::storage_unavailable, false, false}, // too_many_connections
             {"57P01", errc::storage_unavailable, false, true},  // admin_shutdown
             {"57P02", errc::storage_unavailable, false, true},  // crash_shutdown
             {"25006", errc::storage_unavailable, false, true},  // it is a standby now
             {"08006", errc::storage_unavailable, false, true},  // connection_failure
             {"0A000", errc::storage_unavailable, false, true},  // cached plan must not change result type
             {"26000", errc::storage_unavailable, false, true},  // prepared statement does not exist
             {"", errc::storage_unavailable, false, false},
         }) {
        CAPTURE(state);
        auto const told = failure_of(state, "no such luck");
        CHECK(told == code);
        CHECK(told.retryable() == again);
        CHECK(ends_connection(state) == ends);
        if (code == errc::storage_unavailable) CHECK(told.note().find("no such luck") != std::string::npos);
    }
}
