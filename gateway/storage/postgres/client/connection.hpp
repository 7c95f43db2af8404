#pragma once

#include "gateway/base/result.hpp"
#include "gateway/storage/postgres/client/parameters.hpp"
#include "gateway/storage/postgres/client/readiness.hpp"
#include "gateway/storage/postgres/client/rows.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;

namespace yett::storage::postgres {

// One statement to run.
struct request
{
    std::string_view sql; // may be prepared once and kept: must live as long as the program
    parameters with;
    bool told_at_once = false; // the server sends what it has so far before it goes on
};

// What became of several statements.
struct answer
{
    std::vector<rows> done;       // of those that were carried out, in order
    std::optional<error> failure; // of the first that was not; none after it was carried out
    bool lost = false;            // the connection broke, and others may have been carried out, too
    bool refused = false;         // the server itself told the failure, in its turn
};

// One connection to a server, for one coroutine at a time. Never blocks its thread.
//
// Whatever breaks off in the midst, a deadline, an exception or the end of the coroutine,
// leaves it unusable: who borrowed it closes it, and the server undoes what was open.
class connection
{
public:
    struct closer
    {
        void operator()(pg_conn* handle) const noexcept;
    };
    using handle = std::unique_ptr<pg_conn, closer>;

    enum class kind : unsigned char
    {
        direct,
        pooled, // see login::pooled
    };

    // Of a handle that has connected; see dial().
    connection(executor const& on, handle connected, kind what);
    ~connection();
    connection(connection const&) = delete;
    connection& operator=(connection const&) = delete;

    // Sends all of them at once and reads what comes: one round trip.
    task<answer> exchange(std::vector<request> const& all, steady_time deadline);
    // Several statements without parameters, separated by semicolons, compiled for this once.
    task<result<void>> run_script(std::string const& sql, steady_time deadline);

    kind what() const noexcept { return what_; }
    // Whether another exchange may begin.
    bool usable() const noexcept;
    bool in_transaction() const noexcept;
    // Looks without waiting whether the server said anything meanwhile, unasked: it does so
    // when it ends.
    bool is_still_there() const noexcept;

    // Waits until the server says something unasked, or `until`. False when the connection is lost.
    task<bool> wait_for_word(steady_time until);
    // Ends that wait, and no other. On the connection's thread.
    void stop_waiting();
    // How often others have notified this session since the last call.
    std::size_t take_notifications();

private:
    // A statement that was sent, and what is to come of it.
    struct expected
    {
        std::string_view sql;
        bool preparation = false;
    };

    // Nothing when libpq refuses, which ends the connection.
    std::optional<std::vector<expected>> send(std::vector<request> const& all);
    bool send(request const& one, std::vector<expected>& on_the_way);
    bool send_prepared(request const& one, std::vector<expected>& on_the_way);
    bool send_whole(request const& one, std::vector<expected>& on_the_way);
    task<bool> flush(steady_time deadline);
    task<bool> settle(steady_time deadline);
    bool has_decrypted() const noexcept;
    task<bool> read(expected one, answer& into, steady_time deadline);
    task<bool> read_end(steady_time deadline);
    void note_failure(pg_result const* of, std::optional<error>& into);
    answer broken(answer so_far) const;

    handle handle_;
    readiness ready_;
    kind const what_;
    // Names of what this connection has prepared, by the statement; a connection to another server
    // begins with none.
    std::map<std::string_view, std::string> prepared_;
    std::size_t named_ = 0;
    bool busy_ = false; // in the midst of something
    bool ended_ = false;
    bool waiting_ = false; // for a word, and nothing else
};

} // namespace yett::storage::postgres
