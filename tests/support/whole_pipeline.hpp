#pragma once

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/accounts/ports/user_store.hpp"
#include "gateway/base/clock.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace yett {
inline namespace base {
struct client_certificate;
} // namespace base
} // namespace yett
namespace yett::tokens {
class revocations;
} // namespace yett::tokens

namespace yett::tests {

// What one request came to, in the places where people look.
struct account_of_request
{
    unsigned status = 0;
    std::vector<std::pair<std::string, std::string>> fields; // of the reply
    std::string body;
    std::string forwarded;      // the head the application got; empty: it was not asked
    std::string line;           // of the access log, as JSON
    std::string counted;        // what moved in /metrics: "auth_results:ok policy_decisions:in/permitted"
    bool by_next_world = false; // it was the application of the snapshot that was entered

    std::string field(std::string_view name) const;    // of the reply; empty when there is none
    std::string told(std::string_view name) const;     // the application, in a field; empty when there is none
    std::string logged(std::string_view member) const; // of the line; empty when there is none
};

// The pipeline with everything behind it, made from the text of a configuration as the program makes
// it: memory stores, or none that answers; a token cache; an application that answers 200 to
// whatever reaches it. One event loop, whose timers the test moves.
class whole_pipeline
{
public:
    enum class store : unsigned char
    {
        memory,
        down,   // every question fails with storage_unavailable
        shared, // by other nodes, of which this one has not heard yet; see others()
    };
    // `configuration` without version, upstreams, tokens and storage, which are the fixture's: the
    // upstream is called "app", tokens travel in headers and cookies alike.
    explicit whole_pipeline(std::string const& configuration, store kind = store::memory);
    ~whole_pipeline();

    // Lines of a head without the line ends, the last blank one included: "GET /a" becomes
    // "GET /a HTTP/1.1", and a Host is added. `{name}` stands for what `put` was given.
    account_of_request ask(std::string const& lines, std::string const& body = {});
    void put(std::string const& name, std::string value) { names_[name] = std::move(value); }
    // The same, as the password of Basic.
    void put_basic(std::string const& name, std::string const& password);

    // Whose connection requests come on from now on.
    void show(client_certificate const& own);

    // --- what there is to ask with
    accounts::user add_user(std::string const& name, std::vector<std::string> roles = {});
    struct signed_in
    {
        std::string access;
        std::string refresh;
        std::string session;
    };
    // A session that began, and whose access token was issued, so long ago.
    signed_in sign_in(accounts::user const& who, seconds ago = seconds{0});
    struct key
    {
        std::string id;
        std::string text;
    };
    key add_key(accounts::user const& who, std::vector<std::string> scopes = {}, std::uint32_t requests_per_minute = 0);

    // --- what may have happened before
    void remove_key(accounts::user const& who, key const& which);
    void disable(accounts::user const& who);
    void end_session(accounts::user const& who, std::string const& session);
    void stop_application();
    // Requests that begin from now on are answered by this configuration, once. Its "app" is another
    // application than the first one's.
    void enter(std::string const& configuration);
    // What is found when the others' revocations are read; false when they cannot be.
    void others(std::function<bool(tokens::revocations&)> look);

private:
    struct parts;
    std::unique_ptr<parts> parts_;
    std::map<std::string, std::string> names_;
};

} // namespace yett::tests
