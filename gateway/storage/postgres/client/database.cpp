#include "gateway/storage/postgres/client/database.hpp"

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
// And what time it is there, since somebody is asked already.
constexpr std::string_view own_name = "SELECT pg_current_xact_id_if_assigned()::text, clock_timestamp()";

} // namespace

// What goes before, unless it is on its way already. An exchange that nothing follows is a transaction
// without saying so; then its limits are said each time.
std::vector<request> database::preamble(bool last)
{
    std::vector<request> first;
    auto const begins = how_ == use::write && !begun_;
    auto const alone = how_ == use::read || (begins && last);
    if (begins && !last) first.push_back({begin_transaction, parameters{}});
    if (on_.what() == connection::kind::pooled && (begins || alone)) first.push_back({time_limits, parameters{}});
    begun_ |= begins && !last;
    return first;
}

// Without the answers to the preamble, which nobody asked for.
task<answer> database::exchange(bool last)
{
    auto sent = preamble(last);
    auto const before = sent.size();
    sent.insert(sent.end(), std::make_move_iterator(waiting_.begin()), std::make_move_iterator(waiting_.end()));
    waiting_.clear();
    auto told = co_await on_.exchange(sent, deadline_);
    answered_ |= !told.done.empty();
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
    auto told = co_await exchange(false);
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
task<answer> database::exchange_last()
{
    waiting_.push_back({own_name, parameters{}, true});
    if (begun_) waiting_.push_back({commit_transaction, parameters{}});
    return exchange(true);
}

// `wanted` answers come with a transaction that lasts, its name and, where it was begun, the answer
// to COMMIT among them.
result<void> database::verdict(answer const& told, std::size_t wanted)
{
    auto const is_whole = told.done.size() == wanted;
    if (is_whole && !told.lost) return {};
    // COMMIT was answered.
    if (is_whole && begun_) return {};
    auto const name_came = told.lost && told.done.size() == (begun_ ? wanted - 1 : wanted);
    if (name_came) in_doubt_ = told.done.back().front().text(0);
    // Whatever became of it: what has no name changed nothing.
    if (in_doubt_ && in_doubt_->empty()) {
        in_doubt_.reset();
        return {};
    }
    // Nothing at all was answered but a farewell: the server ended before all of it.
    if (told.lost && told.refused && !answered_) return error{*told.failure}.as_retryable();
    return *told.failure;
}

task<result<std::vector<rows>>> database::finish()
{
    auto const asked = waiting_.size();
    auto const since = boot_now();
    auto told = co_await exchange_last();
    if (told.done.size() > asked) time_ = time_told{since, boot_now(), told.done[asked].front().time(1)};
    ended_ = verdict(told, asked + (begun_ ? 2 : 1));
    if (told.done.size() < asked) co_return ended_->error();
    told.done.erase(told.done.begin() + static_cast<std::ptrdiff_t>(asked), told.done.end());
    co_return std::move(told.done);
}

task<result<void>> database::commit()
{
    if (ended_) co_return *ended_;
    if (how_ != use::write || (!begun_ && waiting_.empty())) co_return result<void>{};
    auto const told = co_await finish();
    static_cast<void>(told); // nobody waits for these answers
    co_return *ended_;
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
