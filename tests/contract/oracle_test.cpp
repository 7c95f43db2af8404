#include "gateway/accounts/known_device.hpp"
#include "gateway/accounts/ports/link_store.hpp"
#include "gateway/accounts/users/reset_password.hpp"
#include "gateway/accounts/users/verify_email.hpp"
#include "tests/contract/front_desk.hpp"

#include <algorithm>
#include <ostream>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

// What somebody could measure from outside, as numbers that no clock blurs.
struct work
{
    std::uint64_t hashes = 0;
    std::uint64_t reads = 0;
    std::uint64_t commits = 0;
    std::size_t letters = 0; // kept for a mail worker, those for nobody too
    std::size_t links = 0;

    friend bool operator==(work const&, work const&) = default;
};

std::ostream& operator<<(std::ostream& to, work const& w)
{
    return to << w.hashes << " hashes, " << w.reads << " reads, " << w.commits << " commits, " << w.letters << " letters, "
              << w.links << " links";
}

class meter
{
public:
    explicit meter(front_desk& desk) : desk_{desk} { restart(); }

    template<class Deed>
    work of(Deed const& deed)
    {
        restart();
        deed();
        work done;
        done.hashes = desk_.passwords.computed() - hashes_;
        auto const now = activity();
        done.reads = now.reads - before_.reads;
        done.commits = now.commits - before_.commits;
        done.letters = desk_.take_letters().size();
        done.links = forget_links();
        return done;
    }

private:
    void restart()
    {
        desk_.take_letters();
        forget_links();
        hashes_ = desk_.passwords.computed();
        before_ = activity();
    }
    store_activity activity() const
    {
        auto const& read = desk_.store.stores.read_activity;
        return read ? read() : store_activity{};
    }
    std::size_t forget_links() { return run(desk_.store.links().sweep(noon + std::chrono::hours{24 * 365}, 1000)).value(); }

    front_desk& desk_;
    std::uint64_t hashes_ = 0;
    store_activity before_;
};

constexpr int trials = 400;

void disable(front_desk& desk, std::string const& id)
{
    user_change change;
    change.disabled = true;
    REQUIRE(run(desk.store.users().change(id, change)));
}

letter_request to(std::string const& email)
{
    letter_request asked;
    asked.email = email;
    asked.from = {"192.0.2.7", "test"};
    return asked;
}

registration form(std::string const& email)
{
    registration asked;
    asked.email = email;
    asked.password = secret{good_password};
    asked.from = {"192.0.2.7", "test"};
    return asked;
}

// An account of each sort that a stranger would like to tell apart.
void populate(front_desk& desk)
{
    desk.add_user("known@example.com", good_password);
    disable(desk, desk.add_user("disabled@example.com", good_password));
    REQUIRE(run(register_user(desk.services, form("unverified@example.com"), noon)));
}

std::vector<std::string> const everybody{"known@example.com", "unknown@example.com", "disabled@example.com",
                                         "unverified@example.com"};

} // namespace

TEST_CASE("oracle: failed logins do the same work for everybody and say the same")
{
    on_every_desk([](front_desk& desk) {
        populate(desk);
        meter measured{desk};
        work const expected{1, desk.store.stores.read_activity ? 1U : 0U, 0, 0, 0};
        for (int i = 0; i < trials; ++i)
            for (auto const& email : everybody) {
                CAPTURE(email);
                error why;
                auto const done = measured.of([&] { why = desk.log_in(email, "wrong").error(); });
                CHECK(done == expected);
                CHECK(why == errc::invalid_credentials);
                CHECK(why.note().empty());
            }
        auto const disabled =
            measured.of([&] { CHECK(desk.log_in("disabled@example.com", good_password).error() == errc::invalid_credentials); });
        CHECK(disabled == expected);
    });
}

TEST_CASE("oracle: registering a known address does the work of a new one")
{
    on_every_desk([](front_desk& desk) {
        populate(desk);
        meter measured{desk};
        auto const is_counted = static_cast<bool>(desk.store.stores.read_activity);
        work const expected{1, is_counted ? 1U : 0U, is_counted ? 1U : 0U, 1, 1};
        for (int i = 0; i < trials; ++i) {
            auto addresses = everybody;
            addresses[1] = "new" + std::to_string(i) + "@example.com";
            for (auto const& email : addresses) {
                CAPTURE(email);
                registered told;
                auto const done = measured.of([&] { told = run(register_user(desk.services, form(email), noon)).value(); });
                CHECK(done == expected);
                CHECK(told.email == email);
                CHECK(told.user_id.size() == 36);
                CHECK_FALSE(told.verified);
            }
        }
    });
}

TEST_CASE("oracle: asking for a letter does the same work for everybody")
{
    on_every_desk([](front_desk& desk) {
        populate(desk);
        meter measured{desk};
        auto const is_counted = static_cast<bool>(desk.store.stores.read_activity);
        work const reset{0, is_counted ? 1U : 0U, is_counted ? 1U : 0U, 1, 1};
        work const resend{0, is_counted ? 2U : 0U, is_counted ? 1U : 0U, 1, 1};
        for (int i = 0; i < trials; ++i)
            for (auto const& email : everybody) {
                CAPTURE(email);
                CHECK(measured.of([&] { CHECK(run(request_reset(desk.services, to(email), noon))); }) == reset);
                CHECK(measured.of([&] { CHECK(run(resend_verification(desk.services, to(email), noon))); }) == resend);
            }
        CHECK(measured.of([&] { CHECK(run(request_reset(desk.services, to("no address"), noon))); }) == reset);
    });
}

TEST_CASE("oracle: an account that has had letters enough costs and says the same, and gets none")
{
    on_every_desk([](front_desk& desk) {
        populate(desk);
        meter measured{desk};
        auto const is_counted = static_cast<bool>(desk.store.stores.read_activity);
        work const reset{0, is_counted ? 1U : 0U, is_counted ? 1U : 0U, 1, 1};
        work const resend{0, is_counted ? 2U : 0U, is_counted ? 1U : 0U, 1, 1};
        work const joined{1, is_counted ? 1U : 0U, is_counted ? 1U : 0U, 1, 1};
        auto const written = [&](auto const& deed) {
            desk.take_letters();
            deed();
            auto const all = desk.take_letters();
            return std::ranges::count_if(all, [](letter const& each) { return !each.blank; });
        };
        for (auto const& email : everybody) {
            CAPTURE(email);
            auto asked = to(email);
            asked.silent = true;
            auto joining = form(email);
            joining.silent = true;
            auto const ask_reset = [&] { CHECK(run(request_reset(desk.services, asked, noon))); };
            auto const ask_again = [&] { CHECK(run(resend_verification(desk.services, asked, noon))); };
            auto const join = [&] { CHECK(run(register_user(desk.services, joining, noon))); };
            CHECK(measured.of(ask_reset) == reset);
            CHECK(measured.of(ask_again) == resend);
            CHECK(written(ask_reset) == 0);
            CHECK(written(ask_again) == 0);
            CHECK(measured.of(join) == joined);
            CHECK(written(join) == 0);
        }
    });
}

TEST_CASE("oracle: a failed login does the same work beside a good mark, whoever is tried")
{
    on_every_desk([](front_desk& desk) {
        populate(desk);
        desk.add_user("guesser@example.com", good_password);
        std::string const mark{desk.log_in("guesser@example.com", good_password).value().device_mark.reveal()};
        meter measured{desk};
        work const expected{1, desk.store.stores.read_activity ? 2U : 0U, 0, 0, 0};
        for (auto const& email : everybody) {
            CAPTURE(email);
            auto const done = measured.of([&] {
                CHECK(run(known_device(desk.services, mark, email, noon)).value().empty());
                CHECK(desk.log_in(email, "wrong").error() == errc::invalid_credentials);
            });
            CHECK(done == expected);
        }
    });
}
