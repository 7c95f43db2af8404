#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/async/waiter.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace yett::tokens {
class verifier;
} // namespace yett::tokens

namespace yett::pipeline {

// Requests whose token names a key that its issuer may have begun to use a moment ago. They
// wait until the issuer's keys were fetched anew, for two seconds at most, instead of being
// refused for our ignorance. One for each worker; at most 4,096 wait, and how often an issuer
// is asked is bounded elsewhere: nobody gains anything by inventing keys.
class missing_keys
{
public:
    // Asks for the keys of an issuer, by its index in the verifier. True when they are under way.
    using question = std::function<bool(std::size_t issuer)>;

    struct parts
    {
        question ask; // null: no issuer can be asked
        base::deadlines& times;
        executor on;
    };
    explicit missing_keys(parts p);
    // Whoever waits is destroyed; the worker has ended.
    ~missing_keys();
    missing_keys(missing_keys const&) = delete;
    missing_keys& operator=(missing_keys const&) = delete;

    // Whose keys may be out of date for a token that `judge` refused, and could be asked for: an index of its issuers.
    std::optional<std::size_t> issuer_to_ask(tokens::verifier const& judge, std::string_view token) const;
    // Whether the token may be good once keys that are under way are here.
    bool request_refresh(std::size_t issuer) const { return parts_.ask(issuer); }

    // When a request that begins to wait now has waited enough.
    steady_time wait_deadline() const noexcept;
    // Until keys have come or `until` has. False when it is not worth asking again.
    task<bool> wait(steady_time until);

    // The keys that were under way are here, or will not come.
    void arrived();

private:
    void give_up(base::waiter& one);

    parts parts_;
    std::vector<base::waiter*> waiting_;
};

} // namespace yett::pipeline
