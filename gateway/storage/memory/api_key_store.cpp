#include "gateway/storage/memory/api_key_store.hpp"

#include "gateway/storage/memory/tables.hpp"

#include <algorithm>

// One mutex, held for as long as a call needs and never across a wait: each method is a transaction
// because nothing else happens meanwhile. Every method answers with copies, so that nobody holds a
// part of the tables.

namespace yett::storage::memory {

namespace {

using accounts::api_key;

class api_keys final : public accounts::api_key_store
{
public:
    explicit api_keys(std::shared_ptr<tables> shared) : shared_{std::move(shared)} {}

    task<result<void>> add(api_key const& added, std::size_t most) override { co_return insert(added, most); }
    task<result<api_key>> find(std::string_view id) override { co_return copy_of(std::string{id}); }
    task<result<std::vector<api_key>>> list(std::string_view user_id) override { co_return of_user(user_id); }
    task<result<std::vector<api_key>>> list_all(accounts::api_key_page const& asked) override { co_return page(asked); }
    task<result<void>> remove(std::string_view user_id, std::string_view id) override
    {
        co_return erase(user_id, std::string{id});
    }
    task<result<std::vector<std::string>>> remove_all(std::string_view user_id) override { co_return erase_all(user_id); }
    task<result<void>> touch(std::string_view id, wall_time used) override
    {
        std::lock_guard const lock{shared_->mutex};
        auto const found = shared_->api_keys.find(std::string{id});
        if (found != shared_->api_keys.end()) {
            auto& last = found->second.last_used;
            last = std::max(last.value_or(used), used);
        }
        co_return result<void>{};
    }

private:
    result<void> insert(api_key const& added, std::size_t most)
    {
        std::lock_guard const lock{shared_->mutex};
        if (!shared_->users.contains(added.user_id)) return errc::not_found;
        auto const is_theirs = [&](auto const& entry) { return entry.second.user_id == added.user_id; };
        auto const theirs = std::ranges::count_if(shared_->api_keys, is_theirs);
        if (static_cast<std::size_t>(theirs) >= most || !shared_->api_keys.emplace(added.id, added).second) return errc::conflict;
        return {};
    }

    result<api_key> copy_of(std::string const& id)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const found = shared_->api_keys.find(id);
        if (found == shared_->api_keys.end()) return errc::not_found;
        return found->second;
    }

    std::vector<api_key> of_user(std::string_view user_id)
    {
        std::lock_guard const lock{shared_->mutex};
        std::vector<api_key> found;
        for (auto const& [id, each] : shared_->api_keys)
            if (each.user_id == user_id) found.push_back(each);
        std::ranges::stable_sort(found, std::greater{}, &api_key::created_at);
        return found;
    }

    std::vector<api_key> page(accounts::api_key_page const& asked)
    {
        std::lock_guard const lock{shared_->mutex};
        std::vector<api_key> found;
        auto at = shared_->api_keys.upper_bound(asked.after);
        for (; at != shared_->api_keys.end() && found.size() < asked.limit; ++at) found.push_back(at->second);
        return found;
    }

    result<void> erase(std::string_view user_id, std::string const& id)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const found = shared_->api_keys.find(id);
        if (found == shared_->api_keys.end() || found->second.user_id != user_id) return errc::not_found;
        shared_->api_keys.erase(found);
        return {};
    }

    std::vector<std::string> erase_all(std::string_view user_id)
    {
        std::lock_guard const lock{shared_->mutex};
        std::vector<std::string> gone;
        std::erase_if(shared_->api_keys, [&](auto const& entry) {
            auto const theirs = entry.second.user_id == user_id;
            if (theirs) gone.push_back(entry.first);
            return theirs;
        });
        return gone;
    }

    std::shared_ptr<tables> shared_;
};

} // namespace

std::unique_ptr<accounts::api_key_store> make_api_key_store(std::shared_ptr<tables> shared)
{
    return std::make_unique<api_keys>(std::move(shared));
}

} // namespace yett::storage::memory
