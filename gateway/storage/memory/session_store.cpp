#include "gateway/storage/memory/session_store.hpp"

#include "gateway/accounts/ports/rotation.hpp"
#include "gateway/storage/memory/tables.hpp"

#include <algorithm>

// Sessions in memory, and the model of what the other adapters have to do: tests/contract runs the
// same cases over all of them. Whatever decides (is it live, what does a refresh token get, what
// ends) is in accounts/ports, shared by all; here is only where things lie. Indexes
// (`ids_by_family`) change together with what they point to, under the one mutex.
//
// A revocation that is known already can only get later, in both of its moments (`remember`),
// whatever comes in which order.

namespace yett::storage::memory {

namespace {

using accounts::ended;
using accounts::ending;
using accounts::revocation;
using accounts::rotated;
using accounts::rotation;
using accounts::session;

class sessions final : public accounts::session_store
{
public:
    explicit sessions(std::shared_ptr<tables> shared) : shared_{std::move(shared)} {}

    task<result<accounts::admitted>> admit(accounts::arrival const& asked) override { co_return insert(asked); }
    task<result<session>> find(std::string_view id) override { co_return copy_of(std::string{id}); }
    task<result<session>> find_by_family(std::string_view family) override { co_return by_family(std::string{family}); }
    task<result<rotated>> rotate(rotation const& asked) override { co_return exchange(asked); }
    task<result<ended>> end(ending const& asked) override
    {
        co_return asked.session_id.empty() ? end_all(asked) : end_one(asked);
    }
    task<result<void>> revoke(revocation const& wanted) override
    {
        std::lock_guard const lock{shared_->mutex};
        remember(*shared_, wanted);
        co_return result<void>{};
    }

    task<result<std::vector<session>>> list(std::string_view user_id, accounts::session_page asked) override
    {
        co_return live_of(user_id, asked);
    }
    task<result<std::vector<session>>> list_all(accounts::session_page const& asked) override { co_return page(asked); }
    task<result<void>> load_revocations(wall_time now, std::function<void(revocation const&)> each) override
    {
        for (auto const& known : live_revocations(now)) each(known);
        co_return result<void>{};
    }
    task<result<std::size_t>> sweep(wall_time now, std::size_t limit) override { co_return forget(now, limit); }

private:
    result<accounts::admitted> insert(accounts::arrival const& asked)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const& added = asked.session;
        auto const owner = shared_->users.find(added.user_id);
        if (owner == shared_->users.end()) return errc::not_found;
        if (shared_->sessions.contains(added.id) || shared_->ids_by_family.contains(added.family)) return errc::conflict;
        ending why;
        why.now = added.created_at;
        accounts::admitted done;
        for (auto* each : surplus_beside(added, asked.most)) finish(*each, why, done.displaced);
        shared_->sessions.emplace(added.id, added);
        shared_->ids_by_family.emplace(added.family, added.id);
        done.known = meet(added, asked.marks);
        done.owner = owner->second;
        return done;
    }

    // Those that are too many when one more comes, used longest ago first.
    std::vector<session*> surplus_beside(session const& added, std::size_t most)
    {
        std::vector<session*> live;
        for (auto& [id, each] : shared_->sessions)
            if (each.user_id == added.user_id && is_live(each, added.created_at)) live.push_back(&each);
        std::ranges::sort(live, {}, [](session const* s) { return std::pair{s->last_seen, s->id}; });
        auto const stay = std::max<std::size_t>(most, 1) - 1;
        live.resize(live.size() - std::min(stay, live.size()));
        return live;
    }

    result<session> copy_of(std::string const& id)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const found = shared_->sessions.find(id);
        if (found == shared_->sessions.end()) return errc::not_found;
        return found->second;
    }

    result<session> by_family(std::string const& family)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const id = shared_->ids_by_family.find(family);
        if (id == shared_->ids_by_family.end()) return errc::not_found;
        return shared_->sessions.at(id->second);
    }

    result<rotated> exchange(rotation const& asked)
    {
        std::lock_guard const lock{shared_->mutex};
        rotated done;
        auto const id = shared_->ids_by_family.find(asked.family);
        if (id == shared_->ids_by_family.end()) return done;
        auto& found = shared_->sessions.at(id->second);
        done.owner = shared_->users.at(found.user_id);
        done.outcome = done.owner.disabled ? accounts::rotation_outcome::ended : apply(asked, found);
        if (done.outcome == accounts::rotation_outcome::reused) remember(*shared_, accounts::end(found, asked.now));
        done.session = found;
        return done;
    }

    result<ended> end_one(ending const& asked)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const found = shared_->sessions.find(asked.session_id);
        if (found == shared_->sessions.end() || found->second.user_id != asked.user_id) return errc::not_found;
        ended done;
        finish(found->second, asked, done);
        return done;
    }

    result<ended> end_all(ending const& asked)
    {
        std::lock_guard const lock{shared_->mutex};
        ended done;
        for (auto& [id, each] : shared_->sessions)
            if (each.user_id == asked.user_id && id != asked.except && !each.ended_at) finish(each, asked, done);
        if (!asked.except.empty()) return done;
        revocation const epoch{revocation::kind::subject, asked.user_id, asked.now, asked.until};
        remember(*shared_, epoch);
        done.revocations.push_back(epoch);
        return done;
    }

    // Youngest first: ids sort by time.
    std::vector<session> live_of(std::string_view user_id, accounts::session_page const& asked)
    {
        std::lock_guard const lock{shared_->mutex};
        std::vector<session> live;
        auto at = asked.after.empty() ? shared_->sessions.end() : shared_->sessions.lower_bound(asked.after);
        while (at != shared_->sessions.begin() && live.size() < asked.limit)
            if (--at; at->second.user_id == user_id && is_live(at->second, asked.now)) live.push_back(at->second);
        return live;
    }

    std::vector<session> page(accounts::session_page const& asked)
    {
        std::lock_guard const lock{shared_->mutex};
        std::vector<session> live;
        auto at = shared_->sessions.upper_bound(asked.after);
        for (; at != shared_->sessions.end() && live.size() < asked.limit; ++at)
            if (is_live(at->second, asked.now)) live.push_back(at->second);
        return live;
    }

    // An account that has no marks yet is new or was never here: nothing is strange to it.
    accounts::device_status meet(session const& begun, std::vector<std::string> const& seen)
    {
        auto& marks = shared_->marks[begun.user_id];
        auto const is_first = marks.empty();
        bool is_strange = false;
        for (auto const& each : seen) is_strange |= marks.insert_or_assign(each, begun.created_at).second;
        constexpr std::size_t most = 64;
        while (marks.size() > most)
            marks.erase(
                std::min_element(marks.begin(), marks.end(), [](auto const& a, auto const& b) { return a.second < b.second; }));
        if (is_first) return accounts::device_status::first;
        return is_strange ? accounts::device_status::strange : accounts::device_status::familiar;
    }

    std::vector<revocation> live_revocations(wall_time now)
    {
        std::lock_guard const lock{shared_->mutex};
        std::vector<revocation> live;
        for (auto const& [key, each] : shared_->revocations)
            if (each.until > now && each.what < revocation::kind::session_end) live.push_back(each);
        return live;
    }

    std::size_t forget(wall_time now, std::size_t limit)
    {
        std::lock_guard const lock{shared_->mutex};
        auto const is_spent = [now](auto const& entry) { return entry.second.until <= now; };
        auto const is_over = [this, now](auto const& entry) {
            auto const over = !is_live(entry.second, now) && entry.second.access_until <= now;
            if (over) shared_->ids_by_family.erase(entry.second.family);
            return over;
        };
        return erase_some(shared_->sessions, is_over, limit) + erase_some(shared_->revocations, is_spent, limit);
    }

    template<class Map, class Predicate>
    static std::size_t erase_some(Map& entries, Predicate const& is_over, std::size_t limit)
    {
        std::size_t gone = 0;
        for (auto at = entries.begin(); at != entries.end() && gone < limit;) {
            if (is_over(*at)) {
                at = entries.erase(at);
                ++gone;
            } else {
                ++at;
            }
        }
        return gone;
    }

    void finish(session& found, ending const& asked, ended& done)
    {
        done.sessions += is_live(found, asked.now);
        done.revocations.push_back(accounts::end(found, asked.now));
        remember(*shared_, done.revocations.back());
    }

    std::shared_ptr<tables> shared_;
};

} // namespace

void remember(tables& in, revocation const& known)
{
    auto& kept = in.revocations[{known.what, known.id}];
    auto const at = std::max(kept.at, known.at);
    auto const until = std::max(kept.until, known.until);
    kept = known;
    kept.at = at;
    kept.until = until;
}

std::unique_ptr<accounts::session_store> make_session_store(std::shared_ptr<tables> shared)
{
    return std::make_unique<sessions>(std::move(shared));
}

} // namespace yett::storage::memory
