#include "gateway/storage/memory/user_store.hpp"

#include "gateway/storage/memory/tables.hpp"

// Users by id and by the key of their address. Both names are unique and change together. A
// password is changed only from the hash that the caller has seen (`expected_hash`), so that of two
// changes at once one is told, not lost.

namespace yett::storage::memory {

namespace {

using accounts::user;

class users final : public accounts::user_store
{
public:
    explicit users(std::shared_ptr<tables> shared) : shared_{std::move(shared)} {}

    task<result<void>> add(user const& added) override { co_return insert(added); }
    task<result<user>> find(std::string_view id) override { co_return copy_of(std::string{id}); }
    task<result<user>> find_by_email(std::string_view email_key) override { co_return by_email(std::string{email_key}); }
    task<result<void>> change_password(std::string_view id, accounts::password_change const& change) override
    {
        co_return replace_hash(std::string{id}, change);
    }
    task<result<user>> change(std::string_view id, accounts::user_change const& wanted) override
    {
        co_return update(std::string{id}, wanted);
    }

    task<result<std::vector<bool>>> add_all(std::vector<user> const& added) override { co_return insert_all(added); }
    task<result<void>> remove(std::string_view id) override { co_return erase(std::string{id}); }
    task<result<std::vector<user>>> list(accounts::user_page const& asked) override { co_return page(asked); }
    task<result<accounts::user_count>> count() override { co_return tally(); }

private:
    result<void> insert(user const& added)
    {
        std::lock_guard const lock{shared_->mutex};
        return put(added);
    }

    result<std::vector<bool>> insert_all(std::vector<user> const& added)
    {
        std::lock_guard const lock{shared_->mutex};
        std::vector<bool> done;
        done.reserve(added.size());
        for (auto const& each : added) done.push_back(put(each).has_value());
        return done;
    }

    result<void> put(user const& added)
    {
        if (shared_->users.contains(added.id) || shared_->ids_by_email.contains(added.email_key)) return errc::conflict;
        shared_->users.emplace(added.id, added);
        shared_->ids_by_email.emplace(added.email_key, added.id);
        return {};
    }

    result<user> copy_of(std::string const& id)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const found = shared_->users.find(id);
        if (found == shared_->users.end()) return errc::not_found;
        return found->second;
    }

    result<user> by_email(std::string const& key)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const id = shared_->ids_by_email.find(key);
        if (id == shared_->ids_by_email.end()) return errc::not_found;
        return shared_->users.at(id->second);
    }

    result<void> replace_hash(std::string const& id, accounts::password_change const& change)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const found = shared_->users.find(id);
        if (found == shared_->users.end()) return errc::not_found;
        auto& changed = found->second;
        if (changed.password_hash != change.expected_hash) return errc::conflict;
        changed.password_hash = change.new_hash;
        if (change.changed_at) changed.password_changed_at = *change.changed_at;
        return {};
    }

    result<user> update(std::string const& id, accounts::user_change const& wanted)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const found = shared_->users.find(id);
        if (found == shared_->users.end()) return errc::not_found;
        auto& changed = found->second;
        changed.verified = wanted.verified.value_or(changed.verified);
        changed.disabled = wanted.disabled.value_or(changed.disabled);
        if (wanted.roles) changed.roles = *wanted.roles;
        return changed;
    }

    result<void> erase(std::string const& id)
    {
        std::lock_guard const lock{shared_->mutex};
        if (!shared_->users.contains(id)) return errc::not_found;
        erase_user(*shared_, id);
        return {};
    }

    std::vector<user> page(accounts::user_page const& asked)
    {
        std::lock_guard const lock{shared_->mutex};
        std::vector<user> found;
        auto at = shared_->users.upper_bound(asked.after);
        for (; at != shared_->users.end() && found.size() < asked.limit; ++at) found.push_back(at->second);
        return found;
    }

    accounts::user_count tally()
    {
        std::lock_guard const lock{shared_->mutex};
        accounts::user_count counted;
        for (auto const& [id, each] : shared_->users) {
            ++counted.all;
            counted.disabled += each.disabled;
            counted.unverified += !each.verified;
        }
        return counted;
    }

    std::shared_ptr<tables> shared_;
};

} // namespace

// All that is theirs goes with them, as foreign keys do it in the databases. Letters that wait for
// them are closed.
void erase_user(tables& from, std::string const& id)
{
    auto const found = from.users.find(id);
    auto const email = found->second.email;
    from.ids_by_email.erase(found->second.email_key);
    from.users.erase(found);
    std::erase_if(from.api_keys, [&](auto const& entry) { return entry.second.user_id == id; });
    std::erase_if(from.sessions, [&](auto const& entry) {
        auto const theirs = entry.second.user_id == id;
        if (theirs) from.ids_by_family.erase(entry.second.family);
        return theirs;
    });
    std::erase_if(from.links, [&id](auto const& entry) { return entry.second.user_id == id; });
    from.marks.erase(id);
    close_letters_to(from, email);
}

std::unique_ptr<accounts::user_store> make_user_store(std::shared_ptr<tables> shared)
{
    return std::make_unique<users>(std::move(shared));
}

} // namespace yett::storage::memory
