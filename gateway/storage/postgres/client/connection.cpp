#include "gateway/storage/postgres/client/connection.hpp"

#include "gateway/storage/postgres/client/failure.hpp"

#include <libpq-fe.h>
#include <openssl/ssl.h>
#include <poll.h>

// libpq without a thread that waits: sending and reading are tried, and the socket's readiness is
// awaited in between. Statements go out in pipeline mode, all of them before the first reply is
// read, and end in one sync; when one fails the server skips the rest, so the first failure is the
// one that counts.
//
// `busy_` is true while replies are outstanding, and stays true when an exchange ends in the
// middle: such a connection is not usable any more, whatever the socket says. Whoever gives it back
// need not know how it ended.
//
// Statements are prepared once for each connection and known by their text. Behind a pooler that
// deals out connections by transaction (`kind::pooled`) nothing is prepared: the next transaction
// may be on another one.

namespace yett::storage::postgres {

namespace {

struct result_closer
{
    void operator()(PGresult* of) const noexcept { PQclear(of); }
};
using owned_result = std::unique_ptr<PGresult, result_closer>;

struct notification_closer
{
    void operator()(PGnotify* of) const noexcept { PQfreemem(of); }
};
using owned_notification = std::unique_ptr<PGnotify, notification_closer>;

std::string_view field(PGresult const* of, int code)
{
    auto const* const told = PQresultErrorField(of, code);
    return told ? told : "";
}

// The primary message names no value; the detail, which does, is left out.
std::string message_of(PGresult const* of)
{
    std::string text{field(of, PG_DIAG_MESSAGE_PRIMARY)};
    return text.empty() ? std::string{"the connection broke"} : text;
}

} // namespace

void connection::closer::operator()(pg_conn* handle) const noexcept
{
    PQfinish(handle);
}

connection::connection(executor const& on, handle connected, kind what)
    : handle_{std::move(connected)},
      ready_{on, PQsocket(handle_.get())},
      what_{what}
{
    PQsetnonblocking(handle_.get(), 1);
}

connection::~connection() = default;

task<answer> connection::exchange(std::vector<request> const& all, steady_time deadline)
{
    answer told;
    busy_ = true;
    auto const on_the_way = send(all);
    if (!on_the_way) co_return broken(std::move(told));
    auto const sent = co_await flush(deadline);
    if (!sent) co_return broken(std::move(told));
    for (auto const& each : *on_the_way) {
        auto const came = co_await read(each, told, deadline);
        if (!came) co_return broken(std::move(told));
    }
    auto const synchronised = co_await read_end(deadline);
    if (!synchronised || PQexitPipelineMode(handle_.get()) != 1) co_return broken(std::move(told));
    busy_ = false;
    co_return told;
}

std::optional<std::vector<connection::expected>> connection::send(std::vector<request> const& all)
{
    std::vector<expected> on_the_way;
    if (PQenterPipelineMode(handle_.get()) != 1) return std::nullopt;
    for (auto const& each : all)
        if (!send(each, on_the_way)) return std::nullopt;
    if (PQpipelineSync(handle_.get()) != 1) return std::nullopt;
    return on_the_way;
}

bool connection::send(request const& one, std::vector<expected>& on_the_way)
{
    auto const sent = what_ == kind::pooled ? send_whole(one, on_the_way) : send_prepared(one, on_the_way);
    return sent && (!one.told_at_once || PQsendFlushRequest(handle_.get()) == 1);
}

bool connection::send_whole(request const& one, std::vector<expected>& on_the_way)
{
    auto const types = one.with.types();
    auto const values = one.with.values();
    auto const sizes = one.with.sizes();
    std::vector<int> const binary(values.size(), 1);
    on_the_way.push_back({one.sql, false});
    return PQsendQueryParams(handle_.get(), std::string{one.sql}.c_str(), one.with.count(), types.data(), values.data(),
                             sizes.data(), binary.data(), 1) == 1;
}

bool connection::send_prepared(request const& one, std::vector<expected>& on_the_way)
{
    auto* const to = handle_.get();
    auto const [known, is_new] = prepared_.try_emplace(one.sql, "s" + std::to_string(named_));
    auto const* const name = known->second.c_str();
    if (is_new) {
        ++named_;
        auto const types = one.with.types();
        if (PQsendPrepare(to, name, std::string{one.sql}.c_str(), one.with.count(), types.data()) != 1) return false;
        on_the_way.push_back({one.sql, true});
    }
    auto const values = one.with.values();
    auto const sizes = one.with.sizes();
    std::vector<int> const binary(values.size(), 1);
    on_the_way.push_back({one.sql, false});
    return PQsendQueryPrepared(to, name, one.with.count(), values.data(), sizes.data(), binary.data(), 1) == 1;
}

// The server may stop reading until somebody reads what it says.
task<bool> connection::flush(steady_time deadline)
{
    for (;;) {
        auto const left = PQflush(handle_.get());
        if (left <= 0) co_return left == 0;
        auto const ready = co_await ready_.wait(readiness::reading | readiness::writing, deadline);
        if (!ready || PQconsumeInput(handle_.get()) != 1) co_return false;
    }
}

// Until PQgetResult would not block. libpq may take a part of a TLS record and leave the rest with
// OpenSSL, where no look at the socket shows it: that is taken before anything is waited for.
task<bool> connection::settle(steady_time deadline)
{
    while (PQisBusy(handle_.get()) == 1) {
        auto ready = has_decrypted();
        if (!ready) ready = co_await ready_.wait(readiness::reading, deadline);
        if (!ready) co_return false;
        // What came before the end is still to be read; the end shows itself after it.
        if (PQconsumeInput(handle_.get()) != 1 && PQisBusy(handle_.get()) == 1) co_return false;
    }
    co_return true;
}

bool connection::has_decrypted() const noexcept
{
    auto const* const tls = static_cast<SSL const*>(PQsslStruct(handle_.get(), "OpenSSL"));
    return tls && SSL_pending(tls) > 0;
}

// All that comes of one statement, which a null ends. False when the connection is lost.
task<bool> connection::read(expected one, answer& into, steady_time deadline)
{
    for (;;) {
        auto const settled = co_await settle(deadline);
        if (!settled) co_return false;
        owned_result came{PQgetResult(handle_.get())};
        if (!came) co_return PQstatus(handle_.get()) == CONNECTION_OK;
        auto const status = PQresultStatus(came.get());
        auto const fine = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
        if (!fine && one.preparation) prepared_.erase(one.sql);
        into.refused |= !fine;
        if (!fine) note_failure(came.get(), into.failure);
        else if (!one.preparation) into.done.emplace_back(came.release());
    }
}

task<bool> connection::read_end(steady_time deadline)
{
    auto const settled = co_await settle(deadline);
    if (!settled) co_return false;
    owned_result const came{PQgetResult(handle_.get())};
    co_return came&& PQresultStatus(came.get()) == PGRES_PIPELINE_SYNC;
}

// The first one counts: those behind it were not carried out because of it.
void connection::note_failure(pg_result const* of, std::optional<error>& into)
{
    if (into) return;
    auto const state = field(of, PG_DIAG_SQLSTATE);
    ended_ |= ends_connection(state);
    into = failure_of(state, message_of(of));
}

answer connection::broken(answer so_far) const
{
    so_far.lost = true;
    if (!so_far.failure) so_far.failure = our_error(errc::storage_unavailable, "postgresql: no answer, or the connection broke");
    return so_far;
}

task<result<void>> connection::run_script(std::string const& sql, steady_time deadline)
{
    busy_ = true;
    std::optional<error> failure;
    auto const lost = our_error(errc::storage_unavailable, "postgresql: no answer, or the connection broke");
    if (PQsendQuery(handle_.get(), sql.c_str()) != 1) co_return lost;
    auto const sent = co_await flush(deadline);
    if (!sent) co_return lost;
    for (;;) {
        auto const settled = co_await settle(deadline);
        if (!settled) co_return lost;
        owned_result const came{PQgetResult(handle_.get())};
        if (!came) break;
        auto const status = PQresultStatus(came.get());
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) note_failure(came.get(), failure);
    }
    busy_ = PQstatus(handle_.get()) != CONNECTION_OK;
    if (failure) co_return *failure;
    co_return result<void>{};
}

task<bool> connection::wait_for_word(steady_time until)
{
    waiting_ = true;
    if (!has_decrypted()) {
        auto const woken = co_await ready_.wait(readiness::reading, until);
        static_cast<void>(woken); // whatever ended it: what came is taken
    }
    waiting_ = false;
    co_return PQconsumeInput(handle_.get()) == 1 && PQstatus(handle_.get()) == CONNECTION_OK;
}

void connection::stop_waiting()
{
    if (waiting_) ready_.interrupt();
}

std::size_t connection::take_notifications()
{
    std::size_t others = 0;
    while (owned_notification const came{PQnotifies(handle_.get())}) others += came->be_pid != PQbackendPID(handle_.get());
    return others;
}

bool connection::usable() const noexcept
{
    return !busy_ && !ended_ && PQstatus(handle_.get()) == CONNECTION_OK;
}

bool connection::in_transaction() const noexcept
{
    return PQtransactionStatus(handle_.get()) != PQTRANS_IDLE;
}

bool connection::is_still_there() const noexcept
{
    pollfd look{PQsocket(handle_.get()), POLLIN, 0};
    return usable() && ::poll(&look, 1, 0) == 0;
}

} // namespace yett::storage::postgres
