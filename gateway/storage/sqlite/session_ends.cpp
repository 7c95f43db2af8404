#include "gateway/storage/sqlite/session_ends.hpp"

#include "gateway/storage/sqlite/connections.hpp"
#include "gateway/storage/sqlite/session_store.hpp"

namespace yett::storage::sqlite {

namespace {

using accounts::revocation;
using accounts::session;
using accounts::session_fate;

// ?1 the row of the session, ?2 that of its user, ?3 and ?4 what rows about its user but one session lie between,
// ?5 the one of them that spares it, ?6 when it began, ?7 its user. Each part is a look into the primary key.
constexpr std::string_view select_fate =
    "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?7), (SELECT min(at) FROM ("
    "SELECT at FROM revocations WHERE kind = 5 AND id = ?1"
    " UNION ALL SELECT at FROM revocations WHERE kind = 5 AND id IN (?2, '*') AND at > ?6"
    " UNION ALL SELECT at FROM revocations WHERE kind = 5 AND id > ?3 AND id < ?4 AND id <> ?5 AND at > ?6))";
constexpr std::string_view select_ends =
    "SELECT id, at, until FROM revocations WHERE kind = 5 AND id > ?1 AND at > ?2 ORDER BY id LIMIT ?3";

result<session_fate> fate_of(database& db, session const& one)
{
    auto const own = accounts::end_of_session(one.id);
    auto const everywhere = accounts::end_of_user(one.user_id);
    auto const but_one = accounts::ends_but_one(one.user_id);
    auto const sparing = accounts::end_of_user(one.user_id, one.id);
    auto row = db.prepare(select_fate);
    row.bind(own, everywhere, but_one.first, but_one.second, sparing, one.created_at, one.user_id);
    if (!row.step()) return row.failure_or(errc::internal);
    return session_fate{row.flag(0), row.time_or_null(1)};
}

result<std::vector<session_fate>> fates_of(database& db, std::vector<session> const& all)
{
    std::vector<session_fate> fates;
    fates.reserve(all.size());
    for (auto const& each : all) {
        auto found = fate_of(db, each);
        if (!found) return found.error();
        fates.push_back(*found);
    }
    return fates;
}

result<void> remember_all(database& db, std::vector<revocation> const& all)
{
    for (auto const& each : all)
        if (auto kept = remember(db, each); !kept) return kept;
    return {};
}

result<std::vector<revocation>> select_page(database& db, accounts::session_ends_page const& asked)
{
    auto row = db.prepare(select_ends);
    row.bind(asked.after, asked.since, static_cast<std::int64_t>(asked.limit));
    return row.rows([](statement const& one) {
        return revocation{revocation::kind::session_end, one.text(0), one.time(1), one.time(2)};
    });
}

class session_ends final : public accounts::session_ends
{
public:
    explicit session_ends(std::shared_ptr<connections> shared) : shared_{std::move(shared)} {}

    task<result<void>> write(std::vector<revocation> const& all) override
    {
        auto work = [all](database& db) { return remember_all(db, all); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<std::vector<session_fate>>> judge(std::vector<session> const& all) override
    {
        auto work = [all](database& db) { return fates_of(db, all); };
        co_return co_await shared_->read(std::move(work));
    }

    task<result<std::vector<revocation>>> list(accounts::session_ends_page const& asked) override
    {
        auto work = [asked](database& db) { return select_page(db, asked); };
        co_return co_await shared_->read(std::move(work));
    }

private:
    std::shared_ptr<connections> shared_;
};

} // namespace

std::unique_ptr<accounts::session_ends> make_session_ends(std::shared_ptr<connections> shared)
{
    return std::make_unique<session_ends>(std::move(shared));
}

} // namespace yett::storage::sqlite
