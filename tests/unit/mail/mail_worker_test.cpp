#include "gateway/mail/mail_worker.hpp"

#include "gateway/storage/memory/stores.hpp"
#include "gateway/telemetry/log.hpp"
#include "tests/support/run.hpp"
#include "tests/unit/mail/letters.hpp"

#include <deque>
#include <future>
#include <mutex>

using namespace yett;
using namespace yett::mail;
using namespace yett::tests;
using accounts::letter_kind;

namespace {

// What transports of this test did, and what the next attempts are to end with.
struct road
{
    std::mutex mutex;
    std::vector<envelope> carried;
    std::deque<delivery_error::kind> next;
};

class scripted_transport final : public mail_transport
{
public:
    explicit scripted_transport(road& on) : on_{on} {}
    std::optional<delivery_error> carry(envelope const& e) override
    {
        std::lock_guard const lock{on_.mutex};
        if (on_.next.empty()) {
            on_.carried.push_back(e);
            return std::nullopt;
        }
        auto const what = on_.next.front();
        on_.next.pop_front();
        return delivery_error{what, "as scripted"};
    }
    void interrupt() noexcept override {}

private:
    road& on_;
};

// A letter as it is posted now: the mail worker reads the clock itself.
accounts::letter fresh(std::string const& id, letter_kind kind = letter_kind::verify_address)
{
    auto made = a_letter(kind);
    made.id = id;
    made.posted_at = wall_now();
    if (has_link(kind)) made.until = made.posted_at + std::chrono::hours{1};
    return made;
}

struct round_of_post
{
    road way;
    accounts::stores stores = storage::memory::make_stores();
    telemetry::log log;

    delivery a_delivery() { return {a_writer(), std::make_unique<scripted_transport>(way)}; }
    void post(accounts::letter const& l) { REQUIRE(run(stores.letters->post(l))); }
    std::size_t waiting(letter_kind kind = letter_kind::verify_address)
    {
        return run(stores.letters->read_figures())->waiting[static_cast<std::size_t>(kind)];
    }

    // Lets a mail worker bring away what is due, and shows its figures.
    template<class Look>
    void work(Look const& look, mail_worker_options options = {})
    {
        mail_worker carrying{*stores.letters, a_delivery(), log, options};
        std::promise<void> ended;
        carrying.drain(seconds{10}, [&] { ended.set_value(); });
        ended.get_future().wait();
        look(carrying.figures());
    }
    void work()
    {
        work([](mail_worker_figures const&) {});
    }
};

template<class Enum>
auto at(Enum e)
{
    return static_cast<std::size_t>(e);
}

} // namespace

TEST_CASE("mail worker: every letter becomes one mail, and is wiped once it has left")
{
    round_of_post post;
    post.post(fresh("1"));
    post.post(fresh("2", letter_kind::new_device));
    post.work([](mail_worker_figures const& seen) {
        CHECK(seen.sent[at(letter_kind::verify_address)] == 1);
        CHECK(seen.sent[at(letter_kind::new_device)] == 1);
    });
    REQUIRE(post.way.carried.size() == 2);
    CHECK(post.way.carried[0].to == "anna@example.com");
    CHECK(post.waiting() == 0);
    post.work();
    CHECK(post.way.carried.size() == 2);
}

TEST_CASE("mail worker: a letter for nobody is picked up and thrown away")
{
    round_of_post post;
    auto blank = fresh("1");
    blank.blank = true;
    post.post(blank);
    post.work([](mail_worker_figures const& seen) { CHECK(seen.sent[at(letter_kind::verify_address)] == 0); });
    CHECK(post.way.carried.empty());
    CHECK(run(post.stores.letters->claim(wall_now() + seconds{1000}, wall_now())).error() == errc::not_found);
}

TEST_CASE("mail worker: a mail that did not leave is put back and leaves later, once")
{
    round_of_post post;
    post.post(fresh("1"));
    post.way.next = {delivery_error::kind::unreachable};
    post.work([](mail_worker_figures const& seen) {
        CHECK(seen.setbacks[at(delivery_error::kind::unreachable)] == 1);
        CHECK(seen.sent[at(letter_kind::verify_address)] == 0);
    });
    CHECK(post.waiting() == 1);
    CHECK(post.way.carried.empty());
    // Not due yet: its time is put forward here, where a person would wait.
    REQUIRE(run(post.stores.letters->postpone("1", 1, wall_now())));
    post.work();
    CHECK(post.way.carried.size() == 1);
    CHECK(post.waiting() == 0);
}

TEST_CASE("mail worker: a letter that can never be sent, or is of no use any more, is given up")
{
    round_of_post post;
    auto hostile = fresh("1");
    hostile.to = "anna@example.com\r\nBcc: all@example.com";
    auto late = fresh("2", letter_kind::reset_password);
    late.until = wall_now() - seconds{1};
    post.post(hostile);
    post.post(late);
    post.post(fresh("3"));
    post.work([](mail_worker_figures const& seen) {
        CHECK(seen.given_up[at(letter_kind::verify_address)] == 1);
        CHECK(seen.given_up[at(letter_kind::reset_password)] == 1);
    });
    CHECK(post.way.carried.size() == 1);
    CHECK(post.waiting() == 0);
}

TEST_CASE("mail worker: a server that keeps refusing loses the mail, and the figures say so")
{
    round_of_post post;
    post.post(fresh("1"));
    post.way.next = {delivery_error::kind::refused};
    mail_worker_options options;
    options.retry_policy.refusals = 1;
    post.work([](mail_worker_figures const& seen) { CHECK(seen.given_up[at(letter_kind::verify_address)] == 1); }, options);
    CHECK(post.waiting() == 0);
}

TEST_CASE("mail worker: another office takes over for the next mail")
{
    round_of_post post;
    road other;
    mail_worker carrying{*post.stores.letters, post.a_delivery(), post.log};
    carrying.replace({a_writer(), std::make_unique<scripted_transport>(other)});
    std::promise<void> ended;
    post.post(fresh("1"));
    carrying.drain(seconds{10}, [&] { ended.set_value(); });
    ended.get_future().wait();
    CHECK(other.carried.size() + post.way.carried.size() == 1);
    std::promise<void> again;
    carrying.drain(seconds{10}, [&] { again.set_value(); });
    again.get_future().wait();
}

TEST_CASE("mail worker: one that is told to go at once goes, idle or not")
{
    round_of_post post;
    for (int i = 0; i < 20; ++i) {
        post.post(fresh(std::to_string(i)));
        mail_worker const carrying{*post.stores.letters, post.a_delivery(), post.log};
    }
    post.work();
    CHECK(post.way.carried.size() == 20);
}
