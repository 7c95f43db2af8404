#include "gateway/accounts/known_device.hpp"
#include "gateway/accounts/ports/link_store.hpp"
#include "gateway/accounts/users/change_password.hpp"
#include "gateway/accounts/users/reset_password.hpp"
#include "tests/contract/front_desk.hpp"

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

constexpr auto ann = "ann@example.com";
constexpr auto later = noon + std::chrono::hours{1};

std::string known(front_desk& desk, secret const& mark, std::string const& email, wall_time now = later)
{
    return run(known_device(desk.services, std::string{mark.reveal()}, email, now)).value();
}

secret mark_of_login(front_desk& desk, std::string const& email)
{
    auto given = desk.log_in(email, good_password);
    REQUIRE(given);
    return given->device_mark;
}

secret reset(front_desk& desk, std::string const& chosen, wall_time now)
{
    letter_request asked;
    asked.email = ann;
    asked.from = {"192.0.2.7", "test"};
    REQUIRE(run(request_reset(desk.services, asked, now)));
    password_reset wanted;
    wanted.token = desk.take_letter(letter_kind::reset_password).token;
    wanted.password = secret{chosen};
    auto done = run(reset_password(desk.services, std::move(wanted), now));
    REQUIRE(done);
    return *done;
}

} // namespace

TEST_CASE("known device: a login leaves a mark that is good for its account alone")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user(ann, good_password);
        desk.add_user("bob@example.com", good_password);
        auto const mark = mark_of_login(desk, ann);
        CHECK(mark.reveal().starts_with("yd1_"));
        CHECK(known(desk, mark, ann).size() == 16);
        CHECK(known(desk, mark, "ANN@Example.COM") == known(desk, mark, ann));
        CHECK(known(desk, mark, "bob@example.com").empty());
        CHECK(known(desk, mark, "nobody@example.com").empty());
        CHECK(known(desk, mark, "no address").empty());
    });
}

TEST_CASE("known device: the next login keeps the id, and another browser gets another")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user(ann, good_password);
        auto const first = mark_of_login(desk, ann);
        credentials offered;
        offered.email = ann;
        offered.password = secret{good_password};
        offered.session.from = {"192.0.2.7", "test"};
        offered.session.known_device = known(desk, first, ann);
        auto const again = granted(run(login(desk.services, offered, later)));
        REQUIRE(again);
        CHECK(known(desk, again->device_mark, ann) == known(desk, first, ann));
        CHECK(known(desk, mark_of_login(desk, ann), ann) != known(desk, first, ann));
    });
}

TEST_CASE("known device: a mark is void after a new password, and whoever chose it is known")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user(ann, good_password);
        auto const before = mark_of_login(desk, ann);
        auto const session = desk.log_in(ann, good_password).value().session;
        new_password asked{{id, session, {"192.0.2.7", "test"}}, secret{good_password}, secret{"another horse, another staple"}};
        auto const changed = run(change_password(desk.services, std::move(asked), later));
        REQUIRE(changed);
        CHECK(known(desk, before, ann).empty());
        CHECK_FALSE(known(desk, *changed, ann).empty());

        auto const by_mail = reset(desk, "a third horse, a third staple", later + seconds{60});
        CHECK(known(desk, *changed, ann, later + seconds{61}).empty());
        CHECK_FALSE(known(desk, by_mail, ann, later + seconds{61}).empty());
    });
}

TEST_CASE("known device: after 180 days it is a stranger's, and that of nobody always was")
{
    on_every_desk([](front_desk& desk) {
        auto const id = desk.add_user(ann, good_password);
        auto const mark = mark_of_login(desk, ann);
        CHECK_FALSE(known(desk, mark, ann, noon + device_mark_life - seconds{1}).empty());
        CHECK(known(desk, mark, ann, noon + device_mark_life).empty());
        REQUIRE(run(desk.store.users().remove(id)));
        CHECK(known(desk, mark, ann).empty());
    });
}

TEST_CASE("known device: nobody makes a mark without the key (siblings: cut, lengthened, of another program, empty key)")
{
    on_every_desk([](front_desk& desk) {
        desk.add_user(ann, good_password);
        auto const mark = mark_of_login(desk, ann);
        std::string const text{mark.reveal()};
        for (std::size_t i = 0; i < text.size(); ++i) {
            auto forged = text;
            forged[i] = forged[i] == 'A' ? 'B' : 'A';
            CAPTURE(i);
            CHECK(known(desk, secret{forged}, ann).empty());
        }
        for (auto const& other : {text.substr(0, text.size() - 4), text + "AAAA", std::string{"yd1_"}, std::string(4096, 'A')})
            CHECK(known(desk, secret{other}, ann).empty());

        desk.services.device_key = secret{std::string(32, 'e')};
        CHECK(known(desk, mark, ann).empty());
        desk.services.device_key = {};
        CHECK(known(desk, mark, ann).empty());
        CHECK(mark_of_login(desk, ann).empty());
    });
}

TEST_CASE("known device: an address asks the store for nothing, a good mark for its own user alone")
{
    on_every_desk([](front_desk& desk) {
        if (!desk.store.stores.read_activity) return;
        desk.add_user(ann, good_password);
        desk.add_user("bob@example.com", good_password);
        auto const mark = mark_of_login(desk, ann);
        auto const reads = [&](secret const& shown, std::string const& email) {
            auto const before = desk.store.stores.read_activity().reads;
            known(desk, shown, email);
            return desk.store.stores.read_activity().reads - before;
        };
        for (auto const* email : {ann, "bob@example.com", "nobody@example.com", "no address"}) {
            CHECK(reads(mark, email) == 1);
            CHECK(reads(secret{"yd1_forged"}, email) == 0);
            CHECK(reads(secret{}, email) == 0);
        }
    });
}
