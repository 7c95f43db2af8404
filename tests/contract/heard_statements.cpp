#include "gateway/storage/schema/schema_state.hpp"
#include "gateway/storage/sqlite/schema.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

// With YETT_STATEMENTS=FILE the suite writes down every statement that it had SQLite run, so that
// what a program says to its store can be kept, and tried on the schema of the program after it.
namespace {

std::mutex guard;
std::set<std::string> heard;

// Not what opens a store, nor what loads the dump of one.
bool is_of_the_program(std::string_view sql)
{
    constexpr std::array<std::string_view, 4> verbs{"SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM "};
    auto const begins = [sql](std::string_view verb) { return sql.starts_with(verb); };
    return std::ranges::any_of(verbs, begins) && !sql.starts_with("INSERT INTO \"") && sql.find("schema_version") == sql.npos;
}

int note(unsigned, void*, void* of, void*)
{
    std::string sql{sqlite3_sql(static_cast<sqlite3_stmt*>(of))};
    std::ranges::replace(sql, '\n', ' ');
    if (!is_of_the_program(sql)) return 0;
    std::lock_guard const lock{guard};
    heard.insert(std::move(sql));
    return 0;
}

int listen_to(sqlite3* connection, char const**, sqlite3_api_routines const*)
{
    return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, note, nullptr);
}

// From before the first test until after the last one.
class listener
{
public:
    explicit listener(char const* file) : file_{file ? file : ""}
    {
        if (!file_.empty()) sqlite3_auto_extension(reinterpret_cast<void (*)()>(listen_to));
    }
    ~listener()
    {
        if (file_.empty()) return;
        std::ofstream out{file_};
        out << "-- schema " << newest(yett::storage::sqlite::steps()) << '\n';
        for (auto const& each : heard) out << each << '\n';
    }
    listener(listener const&) = delete;
    listener& operator=(listener const&) = delete;

private:
    std::string const file_;
};

listener const whole_run{std::getenv("YETT_STATEMENTS")};

} // namespace
