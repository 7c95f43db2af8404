#include "tests/contract/front_desk.hpp"

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

// A session store in front of the real one in which something happens right before a
// session is added: what another worker could do at that moment.
class interrupted final : public session_store
{
public:
    interrupted(session_store& real, std::function<task<void>()> then) : real_{real}, then_{std::move(then)} {}

    task<result<admitted>> admit(arrival const& asked) override
    {
        co_await then_();
        co_return co_await real_.admit(asked);
    }
    task<result<session>> find(std::string_view id) override { return real_.find(id); }
    task<result<session>> find_by_family(std::string_view family) override { return real_.find_by_family(family); }
    task<result<rotated>> rotate(rotation const& asked) override { return real_.rotate(asked); }
    task<result<ended>> end(ending const& asked) override { return real_.end(asked); }
    task<result<void>> revoke(revocation const& wanted) override { return real_.revoke(wanted); }
    task<result<std::vector<session>>> list(std::string_view user_id, session_page asked) override
    {
        return real_.list(user_id, std::move(asked));
    }
    task<result<std::vector<session>>> list_all(session_page const& asked) override { return real_.list_all(asked); }
    task<result<void>> load_revocations(wall_time now, std::function<void(revocation const&)> each) override
    {
        return real_.load_revocations(now, std::move(each));
    }
    task<result<std::size_t>> sweep(wall_time now, std::size_t limit) override { return real_.sweep(now, limit); }

private:
    session_store& real_;
    std::function<task<void>()> then_;
};

result<grant> log_in_while(front_desk& desk, std::function<task<void>()> something)
{
    interrupted sessions{desk.store.sessions(), std::move(something)};
    accounts::account_services const at{
        desk.services.users, sessions,    desk.services.letters, desk.services.links, desk.services.api_keys,
        desk.passwords,      desk.signer, desk.revocations,      desk.audit,          desk.services.rules};
    credentials offered;
    offered.email = "anna@example.com";
    offered.password = secret{good_password};
    return granted(run(login(at, offered, noon)));
}

} // namespace

TEST_CASE("login: a user who is disabled while the password is verified gets no session that lives")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user("anna@example.com", good_password);
        user_change change;
        change.disabled = true;
        auto const something = [&]() -> task<void> { co_await desk.store.users().change(id, change); };
        CHECK(log_in_while(desk, something).error() == errc::invalid_credentials);
        CHECK(run(desk.store.sessions().list(id, noon))->empty());
    });
}

TEST_CASE("login: roles that change while the password is verified are not those of before")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user("anna@example.com", good_password);
        user_change change;
        change.roles = {"nobody"};
        auto const something = [&]() -> task<void> { co_await desk.store.users().change(id, change); };
        CHECK(log_in_while(desk, something).error() == errc::invalid_credentials);
        CHECK(run(desk.store.sessions().list(id, noon))->empty());
    });
}

TEST_CASE("login: a password that changes while the old one is verified opens nothing")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user("anna@example.com", good_password);
        password_change change;
        change.expected_hash = run(desk.store.users().find(id))->password_hash;
        change.new_hash = "of another password";
        change.changed_at = noon + milliseconds{1};
        auto const something = [&]() -> task<void> { co_await desk.store.users().change_password(id, change); };
        CHECK(log_in_while(desk, something).error() == errc::invalid_credentials);
        CHECK(run(desk.store.sessions().list(id, noon))->empty());
    });
}
