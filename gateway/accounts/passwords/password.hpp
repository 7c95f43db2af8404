#pragma once

#include "gateway/accounts/passwords/password_policy.hpp"
#include "gateway/base/async/worker_pool.hpp"
#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

namespace yett::accounts {

enum class verdict : unsigned char
{
    wrong,
    right,
    right_but_outdated, // another kind or cost than configured: hash it anew while it is at hand
};

struct hash_shape;

// Makes and verifies password hashes on a pool of threads of their own, at low priority,
// so that a storm of logins slows neither the traffic nor itself.
//
// argon2id in PHC format, or bcrypt as crypt(3) writes it. bcrypt sees 72 bytes, so longer
// passwords are condensed first, under a mark of ours. Both kinds verify, whichever is
// configured, and those of other programs as far as imported_hash.hpp knows them. Passwords
// are in the form of normalise_password.
//
// Fails with `overloaded` when the queue is full or the wait was too long.
class passwords
{
public:
    // Told how long one hash took, waiting excluded: on a thread of the pool, one call at a time.
    using on_hashed = std::function<void(std::chrono::nanoseconds)>;

    // Makes the decoy, which costs one hash. Throws std::invalid_argument for rules that
    // no library accepts.
    explicit passwords(hashing_rules const& rules, on_hashed report = {});

    task<result<std::string>> hash(secret password);

    // A hash that is malformed or absurdly expensive is `wrong`, after the usual work.
    task<result<verdict>> verify(secret password, std::string stored);

    // Works as long as verify and never says `right`: for users that do not exist.
    task<result<verdict>> verify_decoy(secret password);

    // What verify will make of a hash from elsewhere. Costs next to nothing.
    enum class judgement : unsigned char
    {
        usable,
        weak,
        unusable
    };
    judgement judge(std::string const& stored) const;

    // accept_password on the pool: the estimate of a hostile password takes milliseconds.
    task<outcome<secret>> accept(secret typed, std::string email, password_rules rules);

    // How many hashes were computed; equal work shows here without a clock.
    std::uint64_t computed() const noexcept { return computed_.load(std::memory_order_relaxed); }
    worker_pool::figures read_figures() const { return pool_.read_figures(); }

private:
    // Memory for hashes under way; a job waits in its thread until its share is free.
    class budget
    {
    public:
        explicit budget(std::size_t bytes) : free_{bytes} {}
        void take(std::size_t bytes);
        void give_back(std::size_t bytes);

    private:
        std::mutex mutex_;
        std::condition_variable changed_;
        std::size_t free_;
    };

    template<class Work>
    auto measured(std::size_t memory, Work const& work);
    result<std::string> make(secret const& password);
    bool matches(secret const& password, std::string const& stored, hash_shape const& shape);
    verdict compare(secret const& password, std::string const& stored);

    hashing_rules const rules_;
    std::atomic<std::uint64_t> computed_{0};
    on_hashed const report_;
    std::mutex reporting_;
    budget budget_;
    std::string const decoy_;
    worker_pool pool_; // last: its threads use the rest
};

} // namespace yett::accounts
