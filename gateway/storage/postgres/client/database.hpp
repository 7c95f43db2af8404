#pragma once

#include "gateway/base/boot_time.hpp"
#include "gateway/storage/postgres/client/connection.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::storage::postgres {

// One piece of work on a connection: a transaction, or reads that need none. What is queued
// goes out together with the next question, or with the end, so that it costs no round trip
// of its own. The first failure undoes the whole. Work that asks nothing, or everything at once with
// finish(), is one round trip, without BEGIN and COMMIT: what lies between two synchronisations of
// a pipeline is one transaction to the server.
//
//     db.queue("UPDATE …", id);
//     auto const found = co_await db.ask("SELECT email FROM users WHERE id = $1", id);
//     if (!found) co_return found.error();
//     if (found->empty()) co_return errc::not_found;
//     co_return found->front().text(0);
//
// An error that is `retryable` was without any effect: the work may be done again.
class database
{
public:
    enum class use : unsigned char
    {
        read,
        write,
        part, // of a transaction that somebody else began, and ends
    };

    database(connection& on, use how, steady_time deadline) : on_{on}, how_{how}, deadline_{deadline} {}

    // `sql` must live as long as the program.
    template<class... Values>
    void queue(std::string_view sql, Values const&... values)
    {
        waiting_.push_back({sql, parameters{values...}});
    }

    void queue(std::string_view sql, parameters with) { waiting_.push_back({sql, std::move(with)}); }

    // Queues and flushes; the answer is the last statement's.
    template<class... Values>
    task<result<rows>> ask(std::string_view sql, Values const&... values)
    {
        queue(sql, values...);
        return flush_for_last();
    }

    task<result<rows>> ask(std::string_view sql, parameters with)
    {
        queue(sql, std::move(with));
        return flush_for_last();
    }

    // Sends what is queued; the answers in its order.
    task<result<std::vector<rows>>> flush();

    // Sends what is queued together with the end: a whole transaction in one round trip. The answers
    // in its order. Nothing may follow, and what the caller finds wrong now is done all the same.
    task<result<std::vector<rows>>> finish();
    // Makes it last. When the connection breaks in the midst of that, nobody knows whether it
    // did: `in_doubt` then names the transaction, if the server came to tell its name.
    task<result<void>> commit();
    std::optional<std::string> const& in_doubt() const noexcept { return in_doubt_; }
    // Undoes what there is to undo, so that the connection can be used by somebody else.
    task<void> abandon();

    bool changed() const noexcept { return changed_; }

    // What the server's clock showed when the end was told.
    struct time_told
    {
        boot_time asked{};
        boot_time told{};
        wall_time said{};
    };
    std::optional<time_told> const& time() const noexcept { return time_; }

private:
    task<result<rows>> flush_for_last();
    std::vector<request> preamble(bool last);
    task<answer> exchange(bool last);
    void note(std::vector<rows> const& done);
    task<answer> exchange_last();
    result<void> verdict(answer const& told, std::size_t wanted);

    connection& on_;
    use const how_;
    steady_time const deadline_;
    std::vector<request> waiting_;
    bool begun_ = false;
    bool answered_ = false; // anything
    bool changed_ = false;
    std::optional<result<void>> ended_; // whether it lasts, once the end was sent
    std::optional<std::string> in_doubt_;
    std::optional<time_told> time_;
};

} // namespace yett::storage::postgres
