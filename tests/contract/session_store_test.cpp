#include "tests/contract/adapters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

// A store with a user and one session.
struct signed_in_user
{
    explicit signed_in_user(opened const& store) : anna{some_user("anna")}, s{some_session(anna, "s1")}
    {
        REQUIRE(run(store.users().add(anna)));
        REQUIRE(run(store.sessions().add(s)));
    }
    user anna;
    session s;
};

ending end_of(user const& whose, std::string const& id)
{
    ending asked;
    asked.user_id = whose.id;
    asked.session_id = id;
    asked.now = noon + seconds{100};
    asked.until = noon + seconds{1000};
    return asked;
}

std::vector<revocation> load(opened const& store, wall_time now)
{
    std::vector<revocation> all;
    REQUIRE(run(store.sessions().load_revocations(now, [&](revocation const& each) { all.push_back(each); })));
    return all;
}

rotation_outcome rotate(opened const& store, rotation const& asked)
{
    auto const done = run(store.sessions().rotate(asked));
    REQUIRE(done);
    return done->outcome;
}

} // namespace

TEST_CASE("session_store: what was added is found by id and by family, unchanged")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        auto s = some_session(anna, "s1");
        s.previous_hash = "before";
        s.successor_salt = std::string{"\0\xff salt", 7};
        s.rotated_at = noon + milliseconds{7};
        s.from.agent = "";
        REQUIRE(run(store.sessions().add(s)));
        for (auto const& found : {run(store.sessions().find("s1")), run(store.sessions().find_by_family(s.family))}) {
            REQUIRE(found);
            CHECK(found->id == s.id);
            CHECK(found->user_id == s.user_id);
            CHECK(found->family == s.family);
            CHECK(found->current_hash == s.current_hash);
            CHECK(found->previous_hash == s.previous_hash);
            CHECK(found->successor_salt == s.successor_salt);
            CHECK(found->rotated_at == s.rotated_at);
            CHECK(found->created_at == s.created_at);
            CHECK(found->last_seen == s.last_seen);
            CHECK(found->idle_until == s.idle_until);
            CHECK(found->expires_at == s.expires_at);
            CHECK(found->access_until == s.access_until);
            CHECK_FALSE(found->ended_at);
            CHECK(found->from.address == s.from.address);
            CHECK(found->from.agent == s.from.agent);
        }
        CHECK(run(store.sessions().find("s2")).error() == errc::not_found);
        CHECK(run(store.sessions().find_by_family("s1")).error() == errc::not_found);
    });
}

TEST_CASE("session_store: a second session with the id or the family is a conflict")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        auto other = some_session(in.anna, "s2");
        other.family = in.s.family;
        CHECK(run(store.sessions().add(other)).error() == errc::conflict);
        auto twin = some_session(in.anna, "s1");
        twin.family = "new";
        CHECK(run(store.sessions().add(twin)).error() == errc::conflict);
        CHECK(run(store.sessions().find_by_family("new")).error() == errc::not_found);
    });
}

TEST_CASE("session_store: rotating makes the successor current and remembers the one before")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        auto const asked = some_rotation(in.s, "t0", "t1");
        auto const done = run(store.sessions().rotate(asked));
        REQUIRE(done);
        CHECK(done->outcome == rotation_outcome::rotated);
        for (auto const& now : {done->session, *run(store.sessions().find("s1"))}) {
            CHECK(now.current_hash == "t1");
            CHECK(now.previous_hash == "t0");
            CHECK(now.successor_salt == asked.successor_salt);
            CHECK(now.rotated_at == asked.now);
            CHECK(now.last_seen == asked.now);
            CHECK(now.idle_until == asked.idle_until);
            CHECK(now.access_until == asked.access_until);
            CHECK(now.expires_at == in.s.expires_at);
            CHECK(now.from.address == "2001:db8::2");
            CHECK(now.from.agent == "Firefox");
        }
    });
}

TEST_CASE("session_store: sliding never goes beyond the absolute end")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        auto asked = some_rotation(in.s, "t0", "t1");
        asked.idle_until = in.s.expires_at + seconds{1};
        REQUIRE(rotate(store, asked) == rotation_outcome::rotated);
        CHECK(run(store.sessions().find("s1"))->idle_until == in.s.expires_at);
    });
}

TEST_CASE("session_store: the directly previous token inside the grace is replayed, with the first one's salt")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        auto const first = some_rotation(in.s, "t0", "t1");
        REQUIRE(rotate(store, first) == rotation_outcome::rotated);
        auto again = some_rotation(in.s, "t0", "other");
        again.now = first.now + seconds{10};
        again.access_until = first.access_until + seconds{10};
        auto const done = run(store.sessions().rotate(again));
        REQUIRE(done);
        CHECK(done->outcome == rotation_outcome::replayed);
        auto const now = *run(store.sessions().find("s1"));
        CHECK(now.current_hash == "t1");
        CHECK(now.successor_salt == first.successor_salt);
        CHECK(now.rotated_at == first.now);
        CHECK(now.access_until == again.access_until);
    });
}

TEST_CASE("session_store: any other token of the family ends it in the same call")
{
    struct situation
    {
        char const* what;
        std::string presented;
        milliseconds after;
    };
    std::vector<situation> const situations{
        {"previous, a millisecond after the grace", "t1", milliseconds{10'001}},
        {"two before, inside the grace", "t0", milliseconds{1}},
        {"never given out", "forged", milliseconds{1}},
        {"empty", "", milliseconds{1}},
    };
    for (auto const& each : situations)
        on_every_store([&](opened const& store) {
            CAPTURE(each.what);
            signed_in_user const in{store};
            REQUIRE(rotate(store, some_rotation(in.s, "t0", "t1")) == rotation_outcome::rotated);
            REQUIRE(rotate(store, some_rotation(in.s, "t1", "t2")) == rotation_outcome::rotated);
            auto asked = some_rotation(in.s, each.presented, "t3");
            asked.now += each.after;
            auto const done = run(store.sessions().rotate(asked));
            REQUIRE(done);
            CHECK(done->outcome == rotation_outcome::reused);
            CHECK(done->session.ended_at == asked.now);
            CHECK(run(store.sessions().find("s1"))->ended_at == asked.now);
            auto const revoked = load(store, noon);
            REQUIRE(revoked.size() == 1);
            CHECK(revoked[0].id == "s1");
            CHECK(revoked[0].until == done->session.access_until);
            CHECK(rotate(store, some_rotation(in.s, "t2", "t3")) == rotation_outcome::ended);
        });
}

TEST_CASE("session_store: an empty hash is not the previous token of a session that never rotated")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        CHECK(rotate(store, some_rotation(in.s, "", "t1")) == rotation_outcome::reused);
    });
}

TEST_CASE("session_store: ended, idle and expired sessions do not rotate, and nobody's family is unknown")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        auto late = some_rotation(in.s, "t0", "t1");
        late.now = in.s.idle_until;
        CHECK(rotate(store, late) == rotation_outcome::ended);
        late.now = in.s.idle_until - milliseconds{1};
        late.idle_until = in.s.expires_at;
        CHECK(rotate(store, late) == rotation_outcome::rotated);
        auto later = some_rotation(in.s, "t1", "t2");
        later.now = in.s.expires_at;
        CHECK(rotate(store, later) == rotation_outcome::ended);
        later.family = "nobody's";
        CHECK(rotate(store, later) == rotation_outcome::unknown);
    });
}

TEST_CASE("session_store: many refreshes of one token at once are one rotation, and nobody is logged out")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        std::string current = "t0";
        for (int round = 0; round < 50; ++round) {
            std::atomic<int> done_by{0}, replays{0}, others{0};
            std::mutex mutex;
            std::set<std::string> successors;
            auto const each = [&](int number) -> task<void> {
                auto asked = some_rotation(in.s, current, "r" + std::to_string(round) + "-" + std::to_string(number));
                auto const done = co_await store.sessions().rotate(asked);
                auto const outcome = done ? done->outcome : rotation_outcome::unknown;
                done_by += outcome == rotation_outcome::rotated;
                replays += outcome == rotation_outcome::replayed;
                others += outcome != rotation_outcome::rotated && outcome != rotation_outcome::replayed;
                std::lock_guard const lock{mutex};
                if (done) successors.insert(done->session.current_hash);
            };
            run_on_workers(4, 5, each);
            CHECK(done_by == 1);
            CHECK(replays == 19);
            CHECK(others == 0);
            REQUIRE(successors.size() == 1);
            current = *successors.begin();
            CHECK(run(store.sessions().find("s1"))->current_hash == current);
        }
    });
}

TEST_CASE("session_store: racing refreshes without grace never leave two live branches")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        for (int round = 0; round < 20; ++round) {
            auto const s = some_session(anna, "s" + std::to_string(round));
            REQUIRE(run(store.sessions().add(s)));
            std::atomic<int> done_by{0}, reused{0};
            auto const each = [&](int number) -> task<void> {
                auto asked = some_rotation(s, "t0", "n" + std::to_string(number));
                asked.grace = milliseconds{-1};
                auto const done = co_await store.sessions().rotate(asked);
                done_by += done && done->outcome == rotation_outcome::rotated;
                reused += done && done->outcome == rotation_outcome::reused;
            };
            run_on_workers(4, 5, each);
            CHECK(done_by == 1);
            CHECK(reused == 1);
            CHECK(run(store.sessions().find(s.id))->ended_at);
        }
    });
}

TEST_CASE("session_store: ending one session writes its end and its revocation, and again gives it again")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        REQUIRE(run(store.sessions().add(some_session(in.anna, "s2"))));
        for (int time = 0; time < 2; ++time) {
            auto asked = end_of(in.anna, "s1");
            asked.now += seconds{time};
            auto const done = run(store.sessions().end(asked));
            REQUIRE(done);
            CHECK(done->sessions == (time == 0 ? 1 : 0));
            REQUIRE(done->revocations.size() == 1);
            CHECK(done->revocations[0].what == revocation::kind::session);
            CHECK(done->revocations[0].id == "s1");
            CHECK(done->revocations[0].at == noon + seconds{100});
            CHECK(done->revocations[0].until == in.s.access_until);
        }
        CHECK(run(store.sessions().find("s1"))->ended_at == noon + seconds{100});
        CHECK_FALSE(run(store.sessions().find("s2"))->ended_at);
        CHECK(load(store, noon).size() == 1);
    });
}

TEST_CASE("session_store: nobody ends what is not theirs")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        auto const otto = some_user("otto");
        REQUIRE(run(store.users().add(otto)));
        CHECK(run(store.sessions().end(end_of(otto, "s1"))).error() == errc::not_found);
        CHECK(run(store.sessions().end(end_of(in.anna, "unknown"))).error() == errc::not_found);
        CHECK(run(store.sessions().end(end_of(otto, "")))->sessions == 0);
        CHECK_FALSE(run(store.sessions().find("s1"))->ended_at);
    });
}

TEST_CASE("session_store: ending everything ends each session and remembers the subject")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        REQUIRE(run(store.sessions().add(some_session(in.anna, "s2"))));
        auto const otto = some_user("otto");
        REQUIRE(run(store.users().add(otto)));
        REQUIRE(run(store.sessions().add(some_session(otto, "s3"))));
        auto const done = run(store.sessions().end(end_of(in.anna, "")));
        REQUIRE(done);
        CHECK(done->sessions == 2);
        CHECK(done->revocations.size() == 3);
        auto const known = load(store, noon);
        CHECK(known.size() == 3);
        auto const subject =
            std::find_if(known.begin(), known.end(), [](auto const& r) { return r.what == revocation::kind::subject; });
        REQUIRE(subject != known.end());
        CHECK(subject->id == in.anna.id);
        CHECK(subject->at == noon + seconds{100});
        CHECK(subject->until == noon + seconds{1000});
        CHECK(run(store.sessions().list(in.anna.id, noon))->empty());
        CHECK(run(store.sessions().list(otto.id, noon))->size() == 1);
    });
}

TEST_CASE("session_store: a later end of the same subject only extends what is remembered")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        auto late = end_of(in.anna, "");
        late.now = noon + seconds{200};
        late.until = noon + seconds{2000};
        REQUIRE(run(store.sessions().end(late)));
        REQUIRE(run(store.sessions().end(end_of(in.anna, ""))));
        for (auto const& each : load(store, noon)) {
            if (each.what != revocation::kind::subject) continue;
            CHECK(each.at == late.now);
            CHECK(each.until == late.until);
        }
    });
}

TEST_CASE("session_store: all others end and the one that asks stays")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        REQUIRE(run(store.sessions().add(some_session(in.anna, "s2"))));
        REQUIRE(run(store.sessions().add(some_session(in.anna, "s3"))));
        auto asked = end_of(in.anna, "");
        asked.except = "s2";
        auto const done = run(store.sessions().end(asked));
        REQUIRE(done);
        CHECK(done->sessions == 2);
        CHECK(done->revocations.size() == 2);
        auto const left = run(store.sessions().list(in.anna.id, noon));
        REQUIRE(left->size() == 1);
        CHECK(left->front().id == "s2");
    });
}

TEST_CASE("session_store: the list has live sessions, youngest first")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        REQUIRE(run(store.sessions().add(some_session(in.anna, "s3"))));
        REQUIRE(run(store.sessions().add(some_session(in.anna, "s2"))));
        auto idle = some_session(in.anna, "s4");
        idle.idle_until = noon;
        REQUIRE(run(store.sessions().add(idle)));
        REQUIRE(run(store.sessions().end(end_of(in.anna, "s2"))));
        auto const live = run(store.sessions().list(in.anna.id, noon));
        REQUIRE(live);
        REQUIRE(live->size() == 2);
        CHECK((*live)[0].id == "s3");
        CHECK((*live)[1].id == "s1");
    });
}

TEST_CASE("session_store: a token or a key can be revoked, and a second word extends the first")
{
    on_every_store([](opened const& store) {
        for (auto const what : {revocation::kind::token, revocation::kind::key, revocation::kind::session}) {
            REQUIRE(run(store.sessions().revoke({what, "it", noon, noon + seconds{900}})));
            REQUIRE(run(store.sessions().revoke({what, "it", noon + seconds{1}, noon + seconds{800}})));
            auto const all = load(store, noon);
            auto const same = [&](revocation const& r) { return r.what == what && r.id == "it"; };
            REQUIRE(std::ranges::count_if(all, same) == 1);
            auto const kept = *std::ranges::find_if(all, same);
            CHECK(kept.at == noon + seconds{1});
            CHECK(kept.until == noon + seconds{900});
        }
        CHECK(load(store, noon + seconds{900}).empty());
    });
}

TEST_CASE("session_store: revocations are loaded until they are over, however many there are")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        auto const each = [&](int number) -> task<void> {
            auto s = some_session(anna, "s" + std::to_string(number));
            s.access_until = noon + seconds{number};
            co_await store.sessions().add(s);
        };
        run_on_workers(2, 1250, each);
        REQUIRE(run(store.sessions().end(end_of(anna, "")))->sessions == 2500);
        auto const known = load(store, noon + seconds{400});
        std::set<std::string> ids;
        for (auto const& r : known) ids.insert(r.id);
        CHECK(known.size() == 2500 - 401 + 1);
        CHECK(ids.size() == known.size());
    });
}

TEST_CASE("session_store: sweeping forgets only what has no effect any more")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        REQUIRE(run(store.sessions().add(some_session(in.anna, "s2"))));
        auto idle = some_session(in.anna, "s3");
        idle.idle_until = noon + seconds{1};
        REQUIRE(run(store.sessions().add(idle)));
        REQUIRE(run(store.sessions().end(end_of(in.anna, "s1"))));

        CHECK(*run(store.sessions().sweep(in.s.access_until - milliseconds{1}, 100)) == 0);
        CHECK(*run(store.sessions().sweep(in.s.access_until, 1)) == 2);
        CHECK(*run(store.sessions().sweep(in.s.access_until, 100)) == 1);
        CHECK(*run(store.sessions().sweep(in.s.access_until, 100)) == 0);
        CHECK(run(store.sessions().find("s1")).error() == errc::not_found);
        CHECK(run(store.sessions().find_by_family("family-of-s3")).error() == errc::not_found);
        CHECK(run(store.sessions().find("s2")));
        CHECK(load(store, noon).empty());
    });
}

TEST_CASE("session_store: pages show every live session once, whoever's it is")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        auto const otto = some_user("otto");
        REQUIRE(run(store.users().add(anna)));
        REQUIRE(run(store.users().add(otto)));
        for (auto const* const id : {"s3", "s1", "s5"}) REQUIRE(run(store.sessions().add(some_session(anna, id))));
        auto expired = some_session(otto, "s4");
        expired.idle_until = noon;
        REQUIRE(run(store.sessions().add(expired)));
        REQUIRE(run(store.sessions().add(some_session(otto, "s2"))));
        REQUIRE(run(store.sessions().end(end_of(anna, "s3"))));

        std::vector<std::string> seen;
        session_page asked;
        asked.limit = 2;
        asked.now = noon;
        for (;;) {
            auto const page = run(store.sessions().list_all(asked));
            REQUIRE(page);
            if (page->empty()) break;
            for (auto const& each : *page) seen.push_back(each.user_id + " " + each.id);
            asked.after = page->back().id;
        }
        CHECK(seen == std::vector<std::string>{"id-of-anna s1", "id-of-otto s2", "id-of-anna s5"});
    });
}

namespace {

// A session of that user, last used so many seconds after noon.
session used_at(user const& whose, std::string const& id, int seen)
{
    auto made = some_session(whose, id);
    made.last_seen = noon + seconds{seen};
    return made;
}

std::vector<std::string> live_ids(opened const& store, user const& whose, wall_time now = noon + seconds{100})
{
    std::vector<std::string> ids;
    auto const live = run(store.sessions().list(whose.id, now));
    for (auto const& each : live.value()) ids.push_back(each.id);
    std::ranges::sort(ids);
    return ids;
}

} // namespace

TEST_CASE("session_store: of too many sessions the one used longest ago ends, of two the older")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna"), otto = some_user("otto");
        REQUIRE(run(store.users().add(anna)));
        REQUIRE(run(store.users().add(otto)));
        for (auto const& [id, seen] : {std::pair{"s1", 50}, {"s2", 10}, {"s3", 10}, {"s4", 40}})
            CHECK(run(store.sessions().add(used_at(anna, id, seen), 4)).value().sessions == 0);
        REQUIRE(run(store.sessions().add(used_at(otto, "o1", 0), 4)));

        auto const fifth = run(store.sessions().add(used_at(anna, "s5", 60), 4));
        REQUIRE(fifth);
        CHECK(fifth->sessions == 1);
        REQUIRE(fifth->revocations.size() == 1);
        CHECK(fifth->revocations.front().id == "s2");
        CHECK(live_ids(store, anna) == std::vector<std::string>{"s1", "s3", "s4", "s5"});
        auto const known = load(store, noon);
        CHECK(std::ranges::count(known, "s2", &revocation::id) == 1);

        // A smaller number ends more than one, used longest ago first (sibling: the setting was changed).
        auto const sixth = run(store.sessions().add(used_at(anna, "s6", 70), 2));
        REQUIRE(sixth);
        REQUIRE(sixth->revocations.size() == 3);
        CHECK(sixth->revocations[0].id == "s3");
        CHECK(sixth->revocations[1].id == "s4");
        CHECK(sixth->revocations[2].id == "s1");
        CHECK(live_ids(store, anna) == std::vector<std::string>{"s5", "s6"});
        CHECK(live_ids(store, otto) == std::vector<std::string>{"o1"});
    });
}

TEST_CASE("session_store: what is over takes no place, and the one that begins always has one")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        auto expired = used_at(anna, "s1", 90);
        expired.idle_until = noon;
        REQUIRE(run(store.sessions().add(expired)));
        REQUIRE(run(store.sessions().add(used_at(anna, "s2", 80))));
        auto asked = end_of(anna, "s2");
        REQUIRE(run(store.sessions().end(asked)));
        REQUIRE(run(store.sessions().add(used_at(anna, "s3", 1))));
        auto late = used_at(anna, "s4", 0); // used before the others, by a clock that went back
        CHECK(run(store.sessions().add(late, 2)).value().sessions == 0);
        CHECK(run(store.sessions().add(used_at(anna, "s5", 0), 1)).value().sessions == 2);
        CHECK(live_ids(store, anna) == std::vector<std::string>{"s5"});
    });
}

TEST_CASE("session_store: of many logins at once no more than the most are left")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        std::vector<std::thread> all;
        for (int i = 0; i < 8; ++i)
            all.emplace_back([&, i] {
                for (int j = 0; j < 10; ++j) REQUIRE(run(store.sessions().add(used_at(anna, fmt::format("s{}{}", i, j), 0), 5)));
            });
        for (auto& each : all) each.join();
        CHECK(live_ids(store, anna).size() == 5);
    });
}

TEST_CASE("session_store: a failed add ends nothing")
{
    on_every_store([](opened const& store) {
        signed_in_user const in{store};
        auto again = some_session(in.anna, "s1");
        again.family = "another";
        CHECK(run(store.sessions().add(again, 1)).error() == errc::conflict);
        CHECK(live_ids(store, in.anna) == std::vector<std::string>{"s1"});
    });
}

TEST_CASE("session_store: pages of one user go from the youngest to the oldest, and whether it is remembered stays")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        for (int i = 1; i <= 5; ++i) {
            auto made = used_at(anna, fmt::format("s{}", i), 0);
            made.remembered = i % 2 == 0;
            REQUIRE(run(store.sessions().add(made)));
        }
        session_page asked;
        asked.limit = 2;
        asked.now = noon;
        std::vector<std::string> ids;
        for (auto part = run(store.sessions().list(anna.id, asked)).value(); !part.empty();
             part = run(store.sessions().list(anna.id, asked)).value()) {
            for (auto const& each : part) {
                ids.push_back(each.id);
                CHECK(each.remembered == (each.id == "s2" || each.id == "s4"));
            }
            asked.after = part.back().id;
        }
        CHECK(ids == std::vector<std::string>{"s5", "s4", "s3", "s2", "s1"});
    });
}

TEST_CASE("session_store: a word about everybody has no name, is kept once, and a second one extends it")
{
    on_every_store([](opened const& store) {
        revocation everything{revocation::kind::everybody, {}, noon, noon + std::chrono::hours{48}};
        REQUIRE(run(store.sessions().revoke(everything)));
        everything.at = noon - std::chrono::hours{1};
        everything.until = noon + std::chrono::hours{72};
        REQUIRE(run(store.sessions().revoke(everything)));
        auto const known = load(store, noon);
        REQUIRE(known.size() == 1);
        CHECK(known.front().what == revocation::kind::everybody);
        CHECK(known.front().id.empty());
        CHECK(known.front().at == noon);
        CHECK(known.front().until == noon + std::chrono::hours{72});
    });
}
