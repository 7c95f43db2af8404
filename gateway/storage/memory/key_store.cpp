#include "gateway/storage/memory/key_store.hpp"

#include <map>
#include <mutex>

// Signing keys that end with the program: every start makes new ones, and tokens from before are
// refused. For tests and trials.

namespace yett::storage::memory {

namespace {

using tokens::kept_key;

class key_store final : public tokens::key_store
{
public:
    task<result<std::vector<kept_key>>> list(tokens::algorithm alg) override { co_return copies_of(alg); }
    task<result<bool>> add(kept_key const& added) override { co_return keep(added); }
    task<result<void>> remove(tokens::algorithm alg, unsigned number) override
    {
        forget({alg, number});
        co_return result<void>{};
    }

private:
    using place = std::pair<tokens::algorithm, unsigned>;

    std::vector<kept_key> copies_of(tokens::algorithm alg)
    {
        std::lock_guard const lock{mutex_};
        std::vector<kept_key> found;
        for (auto const& [at, document] : keys_)
            if (at.first == alg) found.push_back({alg, at.second, document});
        return found;
    }
    bool keep(kept_key const& added)
    {
        std::lock_guard const lock{mutex_};
        return keys_.emplace(place{added.alg, added.number}, added.document).second;
    }
    void forget(place const& at)
    {
        std::lock_guard const lock{mutex_};
        keys_.erase(at);
    }

    std::mutex mutex_;
    std::map<place, secret> keys_;
};

} // namespace

std::unique_ptr<tokens::key_store> make_key_store()
{
    return std::make_unique<key_store>();
}

} // namespace yett::storage::memory
