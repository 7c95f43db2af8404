#include "gateway/accounts/passwords/password.hpp"

#include "gateway/accounts/passwords/password_hash.hpp"
#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace yett::accounts {

namespace {

hashing_rules checked(hashing_rules rules)
{
    if (sodium_init() < 0) throw std::invalid_argument{"libsodium does not start"};
    if (rules.bcrypt_cost < 10 || rules.bcrypt_cost > 15) throw std::invalid_argument{"passwords.bcrypt.cost must be 10 to 15"};
    if (rules.argon2id_memory < crypto_pwhash_MEMLIMIT_MIN || rules.argon2id_iterations < 1)
        throw std::invalid_argument{"passwords.argon2id: at least 8KiB of memory and one iteration"};
    if (rules.argon2id_memory > rules.memory)
        throw std::invalid_argument{"passwords.hashing.memory is less than one argon2id hash takes"};
    return rules;
}

worker_pool::options pool_options(hashing_rules const& rules)
{
    worker_pool::options options;
    // One core stays free of hashing: a busy one delays requests, whatever the priority of what keeps it busy.
    auto const wanted = rules.threads ? rules.threads : std::max(2U, std::thread::hardware_concurrency()) - 1;
    // More threads than hashes that fit into the memory would only wait for each other.
    auto const fitting = rules.hash == hashing_rules::kind::argon2id ? rules.memory / rules.argon2id_memory : wanted;
    options.threads = static_cast<unsigned>(std::min<std::size_t>(wanted, fitting));
    options.queue = rules.queue;
    options.wait = rules.wait;
    options.niceness = 10;
    options.name = "hashing";
    return options;
}

std::string make_decoy(hashing_rules const& rules)
{
    auto decoy = make_hash(secret{hex_encode(random_bytes(16))}, rules);
    if (!decoy) throw std::invalid_argument{"passwords: " + describe(decoy.error())};
    if (!read_shape(*decoy, rules)) throw std::invalid_argument{"passwords: one hash costs more than a login may cost"};
    return *decoy;
}

} // namespace

void passwords::budget::take(std::size_t bytes)
{
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return free_ >= bytes; });
    free_ -= bytes;
}

void passwords::budget::give_back(std::size_t bytes)
{
    {
        std::lock_guard const lock{mutex_};
        free_ += bytes;
    }
    changed_.notify_all();
}

passwords::passwords(hashing_rules const& rules, on_hashed report)
    : rules_{checked(rules)},
      report_{std::move(report)},
      budget_{rules.memory},
      decoy_{make_decoy(rules_)},
      pool_{pool_options(rules_)}
{
}

// Runs one hash within the budget, counts it, and reports what it took.
template<class Work>
auto passwords::measured(std::size_t memory, Work const& work)
{
    computed_.fetch_add(1, std::memory_order_relaxed);
    budget_.take(memory);
    auto const began = steady_now();
    auto outcome = work();
    auto const took = steady_now() - began;
    budget_.give_back(memory);
    if (report_) {
        std::lock_guard const lock{reporting_};
        report_(took);
    }
    return outcome;
}

result<std::string> passwords::make(secret const& password)
{
    auto const memory = rules_.hash == hashing_rules::kind::argon2id ? rules_.argon2id_memory : 0;
    return measured(memory, [&] { return make_hash(password, rules_); });
}

bool passwords::matches(secret const& password, std::string const& stored, hash_shape const& shape)
{
    return measured(shape.memory, [&] { return is_hash_of(stored, shape, password); });
}

verdict passwords::compare(secret const& password, std::string const& stored)
{
    auto const shape = read_shape(stored, rules_);
    // A hash that cannot be right costs what a wrong password costs, so that the clock
    // does not tell one from the other. crypt would stop reading at a NUL.
    if (!shape || password.reveal().find('\0') != std::string_view::npos) {
        matches(password, decoy_, *read_shape(decoy_, rules_));
        return verdict::wrong;
    }
    if (!matches(password, stored, *shape)) return verdict::wrong;
    return shape->current ? verdict::right : verdict::right_but_outdated;
}

task<result<std::string>> passwords::hash(secret password)
{
    result<std::string> made{error{}};
    auto work = [this, &password, &made] { return (made = make(password)).has_value(); };
    auto done = co_await pool_.run(work);
    if (!done) co_return done.error();
    co_return made;
}

task<result<verdict>> passwords::verify(secret password, std::string stored)
{
    auto work = [this, &password, &stored] { return compare(password, stored); };
    co_return co_await pool_.run(work);
}

task<result<verdict>> passwords::verify_decoy(secret password)
{
    // An empty hash has no shape: the usual work, and never right.
    return verify(std::move(password), {});
}

passwords::judgement passwords::judge(std::string const& stored) const
{
    auto const shape = read_shape(stored, rules_);
    if (!shape) return judgement::unusable;
    return shape->weak ? judgement::weak : judgement::usable;
}

task<outcome<secret>> passwords::accept(secret typed, std::string email, password_rules rules)
{
    outcome<secret> judged{refusal{}};
    auto work = [&] { return (judged = accept_password(typed, email, rules)).has_value(); };
    auto const done = co_await pool_.run(work);
    if (!done) co_return done.error();
    co_return judged;
}

} // namespace yett::accounts
