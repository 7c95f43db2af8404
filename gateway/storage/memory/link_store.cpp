#include "gateway/storage/memory/link_store.hpp"

#include "gateway/storage/memory/tables.hpp"

#include <algorithm>
#include <vector>

// Links and the transactions around them. `apply` checks everything before it changes anything,
// which is what a database's rollback is to the other adapters: with the mutex held nothing can
// fail between the first change and the last.
//
// The order of the changes matters where they meet: a link is spent before the account is amended,
// since amending removes the account's other links, and a new one is kept after that, or it would
// be removed with them.

namespace yett::storage::memory {

namespace {

using accounts::account_transaction;
using accounts::account_update;
using accounts::link;
using accounts::link_purpose;
using accounts::link_use;

class links final : public accounts::link_store
{
public:
    explicit links(std::shared_ptr<tables> shared) : shared_{std::move(shared)} {}

    task<result<link>> find(std::string_view hash) override { co_return copy_of(std::string{hash}); }
    task<result<std::string>> find_newest_password(std::string_view user_id, link_purpose purpose, wall_time now) override
    {
        co_return newest_password(user_id, purpose, now);
    }
    task<result<void>> commit(account_transaction const& all) override { co_return apply(all); }
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
    result<void> apply(account_transaction const& all)
    {
        std::lock_guard const lock{shared_->mutex};
        if (auto fine = check(all); !fine) return fine;
        if (all.spent) spend(*all.spent);
        if (all.added) {
            shared_->users.emplace(all.added->id, *all.added);
            shared_->ids_by_email.emplace(all.added->email_key, all.added->id);
        }
        if (all.amended) amend(*all.amended);
        if (all.made) keep(*all.made);
        if (all.posted) post_letter(*shared_, *all.posted);
        return {};
    }

    result<void> check(account_transaction const& all) const
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

    result<void> check(link_use const& s) const
    {
        auto const found = shared_->links.find(s.hash);
        if (found == shared_->links.end() || found->second.purpose != s.purpose) return errc::link_invalid;
        if (found->second.expires_at <= s.now) return errc::link_expired;
        return {};
    }

    result<void> check(account_update const& a) const
    {
        auto const found = shared_->users.find(a.user_id);
        if (found == shared_->users.end()) return errc::not_found;
        if (a.expected_hash && *a.expected_hash != found->second.password_hash) return errc::conflict;
        return a.new_email.empty() || may_move(a) ? result<void>{} : errc::conflict;
    }

    void keep(link const& made)
    {
        shared_->links.insert_or_assign(made.hash, made);
        if (made.user_id.empty()) return;
        std::vector<link const*> alike;
        for (auto const& [hash, each] : shared_->links)
            if (each.user_id == made.user_id && each.purpose == made.purpose) alike.push_back(&each);
        if (alike.size() <= accounts::most_links) return;
        auto const oldest = *std::ranges::min_element(alike, {}, [](link const* l) { return l->created_at; });
        shared_->links.erase(std::string{oldest->hash});
    }

    bool may_move(account_update const& a) const
    {
        auto const other = shared_->ids_by_email.find(a.new_email_key);
        if (other == shared_->ids_by_email.end() || other->second == a.user_id) return true;
        return a.displaces_unverified && !shared_->users.at(other->second).verified;
    }

    // Whoever is displaced goes with everything they have; `changed` stays, it is another user.
    void move(account_update const& a, accounts::user& changed)
    {
        auto const other = shared_->ids_by_email.find(a.new_email_key);
        if (other != shared_->ids_by_email.end() && other->second != a.user_id) erase_user(*shared_, std::string{other->second});
        shared_->ids_by_email.erase(changed.email_key);
        changed.email = a.new_email;
        changed.email_key = a.new_email_key;
        shared_->ids_by_email.insert_or_assign(changed.email_key, changed.id);
    }

    void spend(link_use const& s) { shared_->links.erase(s.hash); }

    void amend(account_update const& a)
    {
        auto& changed = shared_->users.at(a.user_id);
        if (a.verified) changed.verified = true;
        if (!a.password_hash.empty()) {
            changed.password_hash = a.password_hash;
            changed.password_changed_at = a.now;
        }
        if (!a.new_email.empty()) move(a, changed);
        std::erase_if(shared_->links, [&a](auto const& entry) {
            auto const& l = entry.second;
            auto const stays =
                l.purpose == link_purpose::undo_change && l.created_at < a.voids_undo_since.value_or(wall_time::max());
            return l.user_id == a.user_id && !stays;
        });
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
