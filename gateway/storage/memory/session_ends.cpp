#include "gateway/storage/memory/session_ends.hpp"

#include "gateway/storage/memory/tables.hpp"

namespace yett::storage::memory {

namespace {

using accounts::revocation;
using accounts::session;

bool ends(revocation const& row, session const& one)
{
    if (row.id == accounts::end_of_session(one.id)) return true;
    if (row.at <= one.created_at) return false;
    if (row.id == accounts::end_of_everybody) return true;
    auto const whose = accounts::target_of(row.id);
    return whose.user_id == one.user_id && whose.session_id != one.id;
}

class session_ends final : public accounts::session_ends
{
public:
    explicit session_ends(std::shared_ptr<tables> shared) : shared_{std::move(shared)} {}

    task<result<void>> write(std::vector<revocation> const& all) override
    {
        std::lock_guard const lock{shared_->mutex};
        for (auto const& each : all) remember(*shared_, each);
        co_return result<void>{};
    }

    task<result<std::vector<accounts::session_fate>>> judge(std::vector<session> const& all) override
    {
        std::lock_guard const lock{shared_->mutex};
        std::vector<accounts::session_fate> fates;
        fates.reserve(all.size());
        for (auto const& each : all) fates.push_back(fate_of(each));
        co_return fates;
    }

    task<result<std::vector<revocation>>> list(accounts::session_ends_page const& asked) override { co_return page(asked); }

private:
    accounts::session_fate fate_of(session const& one) const
    {
        accounts::session_fate found;
        found.has_owner = shared_->users.contains(one.user_id);
        for (auto const& [key, row] : shared_->revocations) {
            if (row.what != revocation::kind::session_end || !ends(row, one)) continue;
            found.ended_at = std::min(found.ended_at.value_or(row.at), row.at);
        }
        return found;
    }

    std::vector<revocation> page(accounts::session_ends_page const& asked)
    {
        std::lock_guard const lock{shared_->mutex};
        std::vector<revocation> found;
        auto at = shared_->revocations.upper_bound({revocation::kind::session_end, asked.after});
        for (; at != shared_->revocations.end() && found.size() < asked.limit; ++at)
            if (at->second.at > asked.since) found.push_back(at->second);
        return found;
    }

    std::shared_ptr<tables> shared_;
};

} // namespace

std::unique_ptr<accounts::session_ends> make_session_ends(std::shared_ptr<tables> shared)
{
    return std::make_unique<session_ends>(std::move(shared));
}

} // namespace yett::storage::memory
