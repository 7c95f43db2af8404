#include "gateway/storage/postgres/database.hpp"

#include <algorithm>

namespace yett::storage::postgres {

namespace {

constexpr std::string_view begin_transaction = "BEGIN";
constexpr std::string_view commit_transaction = "COMMIT";
constexpr std::string_view undo_transaction = "ROLLBACK";
// A statement that waits for a lock gives up before one that works, and both before the deadline of
// the work they are part of; a transaction whose node has stopped in the midst of it lets go of its
// locks. As SET LOCAL would, but in one statement.
constexpr std::string_view time_limits =
    "SELECT set_config('statement_timeout', '5s', true), set_config('lock_timeout', '3s', true),"
    " set_config('idle_in_transaction_session_timeout', '10s', true)";
constexpr std::string_view own_name = "SELECT pg_current_xact_id_if_assigned()::text";

} // namespace

// What goes before, unless it is on its way already. Reads are a transaction an exchange, without
// saying so; so their limits are said each time.
std::vector<request> database::preamble()
{
    std::vector<request> first;
    auto const begins = how_ == use::write && !begun_;
    if (begins) first.push_back({begin_transaction, parameters{}});
    if (on_.what() == connection::kind::pooled && (begins || how_ == use::read)) first.push_back({time_limits, parameters{}});
    begun_ |= begins;
    return first;
}

// Without the answers to the preamble, which nobody asked for.
task<answer> database::exchange()
{
    auto sent = preamble();
    auto const before = sent.size();
    sent.insert(sent.end(), std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
    waiting_.clear();
    auto told = co_await on_.exchange(sent, deadline_);
    answered_begin_ = before == 0 || !told.done.empty();
    auto const end = told.done.begin() + static_cast<std::ptrdiff_t>(std::min(before, told.done.size()));
    told.done.erase(told.done.begin(), end);
    note(told.done);
    co_return told;
}

void database::note(std::vector<rows> const& done)
{
    for (auto const& each : done) changed_ |= each.changed() > 0;
}

// A connection that breaks before COMMIT was sent took the transaction with it.
task<result<std::vector<rows>>> database::flush()
{
    auto told = co_await exchange();
    if (told.lost) co_return std::move(*told.failure).as_retryable();
    if (told.failure) co_return *told.failure;
    co_return std::move(told.done);
}

task<result<rows>> database::flush_for_last()
{
    auto all = co_await flush();
    if (!all) co_return all.error();
    co_return std::move(all->back());
}

// The transaction's name is on its way before the commit begins, so that only a connection
// which breaks earlier than that leaves a doubt without a name.
task<result<void>> database::commit()
{
    if (how_ != use::write || (!begun_ && waiting_.empty())) co_return result<void>{};
    auto const before = waiting_.size();
    waiting_.push_back({own_name, parameters{}, true});
    waiting_.push_back({commit_transaction, parameters{}});
    auto const told = co_await exchange();
    auto const committed = told.done.size() == before + 2;
    if (committed) co_return result<void>{};
    if (told.lost && told.done.size() == before + 1) in_doubt_ = told.done.back().front().text(0);
    // Whatever became of it: what has no name changed nothing.
    if (in_doubt_ && in_doubt_->empty()) {
        in_doubt_.reset();
        co_return result<void>{};
    }
    // Not even BEGIN was answered, but a farewell was: the server ended before all of it.
    if (told.lost && told.refused && !answered_begin_) co_return error{*told.failure}.as_retryable();
    co_return *told.failure;
}

task<void> database::abandon()
{
    waiting_.clear();
    if (!on_.usable() || !on_.in_transaction()) co_return;
    std::vector<request> undo;
    undo.push_back({undo_transaction, parameters{}});
    auto const told = co_await on_.exchange(undo, deadline_);
    static_cast<void>(told); // a connection that is still in a transaction is closed by who lent it
}

} // namespace yett::storage::postgres
