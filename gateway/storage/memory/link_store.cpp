#include "gateway/storage/memory/link_store.hpp"

#include "gateway/storage/memory/tables.hpp"

namespace yett::storage::memory {

namespace {

using accounts::amendment;
using accounts::link;
using accounts::link_purpose;
using accounts::paperwork;
using accounts::spending;

class links final : public accounts::link_store
{
public:
    explicit links(std::shared_ptr<tables> shared) : shared_{std::move(shared)} {}

    task<result<link>> find(std::string_view hash) override { co_return copy_of(std::string{hash}); }
    task<result<std::string>> find_newest_password(std::string_view user_id, link_purpose purpose, wall_time now) override
    {
        co_return newest_password(user_id, purpose, now);
    }
    task<result<void>> commit(paperwork const& all) override { co_return apply(all); }
    task<result<std::size_t>> sweep(wall_time expired_before, std::size_t limit) override
    {
        co_return forget(expired_before, limit);
    }

private:
    result<link> copy_of(std::string const& hash)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const found = shared_->links.find(hash);
        if (found == shared_->links.end()) return errc::not_found;
        return found->second;
    }

    result<std::string> newest_password(std::string_view user_id, link_purpose purpose, wall_time now)
    {
        std::lock_guard const lock{shared_->mutex};
        link const* newest = nullptr;
        for (auto const& [hash, each] : shared_->links) {
            auto const fits = each.user_id == user_id && each.purpose == purpose && each.expires_at > now;
            if (fits && (!newest || each.created_at >= newest->created_at)) newest = &each;
        }
        if (!newest || user_id.empty()) return errc::not_found;
        return newest->password_hash;
    }

    // Everything is checked before anything is changed.
    result<void> apply(paperwork const& all)
    {
        std::lock_guard const lock{shared_->mutex};
        if (auto fine = check(all); !fine) return fine;
        if (all.spent) spend(*all.spent);
        if (all.added) {
            shared_->users.emplace(all.added->id, *all.added);
            shared_->ids_by_email.emplace(all.added->email_key, all.added->id);
        }
        if (all.amended) amend(*all.amended);
        if (all.made) shared_->links.insert_or_assign(all.made->hash, *all.made);
        if (all.posted) post_letter(*shared_, *all.posted);
        return {};
    }

    result<void> check(paperwork const& all) const
    {
        if (all.spent)
            if (auto fine = check(*all.spent); !fine) return fine;
        auto const& added = all.added;
        if (added && (shared_->users.contains(added->id) || shared_->ids_by_email.contains(added->email_key)))
            return errc::conflict;
        if (all.amended)
            if (auto fine = check(*all.amended); !fine) return fine;
        auto const is_known = [&](std::string const& id) { return (added && added->id == id) || shared_->users.contains(id); };
        if (all.made && !all.made->user_id.empty() && !is_known(all.made->user_id)) return errc::not_found;
        return {};
    }

    result<void> check(spending const& s) const
    {
        auto const found = shared_->links.find(s.hash);
        if (found == shared_->links.end() || found->second.purpose != s.purpose) return errc::link_invalid;
        if (found->second.expires_at <= s.now) return errc::link_expired;
        return {};
    }

    result<void> check(amendment const& a) const
    {
        auto const found = shared_->users.find(a.user_id);
        if (found == shared_->users.end()) return errc::not_found;
        if (a.expected_hash && *a.expected_hash != found->second.password_hash) return errc::conflict;
        return {};
    }

    void spend(spending const& s) { shared_->links.erase(s.hash); }

    void amend(amendment const& a)
    {
        auto& changed = shared_->users.at(a.user_id);
        if (a.verified) changed.verified = true;
        if (!a.password_hash.empty()) {
            changed.password_hash = a.password_hash;
            changed.password_changed_at = a.now;
        }
        std::erase_if(shared_->links, [&a](auto const& entry) { return entry.second.user_id == a.user_id; });
    }

    std::size_t forget(wall_time expired_before, std::size_t limit)
    {
        std::lock_guard const lock{shared_->mutex};
        std::size_t gone = 0;
        std::erase_if(shared_->links, [&](auto const& entry) {
            auto const over = gone < limit && entry.second.expires_at < expired_before;
            gone += over;
            return over;
        });
        return gone;
    }

    std::shared_ptr<tables> shared_;
};

} // namespace

std::unique_ptr<accounts::link_store> make_link_store(std::shared_ptr<tables> shared)
{
    return std::make_unique<links>(std::move(shared));
}

} // namespace yett::storage::memory
