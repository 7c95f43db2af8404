#include "gateway/storage/postgres/stores.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace yett;
using namespace yett::storage::postgres;
using namespace yett::tests;
using namespace std::literals;

namespace {

enum class cut
{
    none,
    before_commit, // the server never hears of it
    after_commit,  // nobody hears that it was done
};

sockaddr_un socket_in(std::string const& folder)
{
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    (folder + "/.s.PGSQL.5432").copy(at.sun_path, sizeof at.sun_path - 1);
    return at;
}

// Stands between the program and the server, knows where a transaction ends, and cuts the line
// there once it was told to.
class cutter
{
public:
    explicit cutter(std::string server) : server_{std::move(server)}, listening_{::socket(AF_UNIX, SOCK_STREAM, 0)}
    {
        auto const at = socket_in(folder_.path().string());
        REQUIRE(::bind(listening_, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0);
        REQUIRE(::listen(listening_, 16) == 0);
        accepting_ = std::jthread{[this] { accept(); }};
    }
    ~cutter()
    {
        ::shutdown(listening_, SHUT_RDWR);
        accepting_.join();
        lines_.clear();
        ::close(listening_);
    }

    std::string folder() const { return folder_.path().string(); }
    void cut_next(cut where) { next_ = where; }
    bool has_cut() const { return next_ == cut::none; }

private:
    void accept()
    {
        for (;;) {
            auto const client = ::accept(listening_, nullptr, nullptr);
            if (client < 0) return;
            lines_.emplace_back([this, client] { carry(client); });
        }
    }

    void carry(int client)
    {
        auto const to = ::socket(AF_UNIX, SOCK_STREAM, 0);
        auto const at = socket_in(server_);
        auto open = ::connect(to, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0;
        auto last_words = false; // of the server, before the line is cut
        while (open) {
            std::array<pollfd, 2> ends{pollfd{client, POLLIN, 0}, pollfd{to, POLLIN, 0}};
            if (::poll(ends.data(), ends.size(), -1) < 0) break;
            if (ends[1].revents) open = tell_client(to, client) && !last_words;
            else if (ends[0].revents) open = tell_server(client, to, last_words);
        }
        ::close(client);
        ::close(to);
    }

    static std::string read(int from)
    {
        std::string bytes(65536, '\0');
        auto const count = ::recv(from, bytes.data(), bytes.size(), 0);
        bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return bytes;
    }

    // Up to the acknowledgement: that of COMMIT, or the word that no transaction is open any more.
    bool tell_client(int from, int client)
    {
        auto bytes = read(from);
        auto const acknowledged = std::min(bytes.find("C\0\0\0\x0b"
                                                      "COMMIT\0"s),
                                           bytes.find("Z\0\0\0\x05I"s));
        auto const cuts = acknowledged != bytes.npos && next_ == cut::after_commit;
        if (cuts) bytes.resize(acknowledged);
        if (cuts) next_ = cut::none;
        auto const sent = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        return !cuts && sent > 0;
    }

    // Up to the flush before the commit, which nothing else is in front of.
    bool tell_server(int client, int to, bool& last_words)
    {
        auto bytes = read(client);
        auto const flush = bytes.find("H\0\0\0\4"s);
        auto const cuts = flush != bytes.npos && next_ == cut::before_commit;
        if (cuts) bytes.resize(flush + 5);
        if (cuts) next_ = cut::none;
        last_words = cuts;
        return ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
    }

    temporary_folder folder_;
    std::string const server_;
    int const listening_;
    std::atomic<cut> next_{cut::none};
    std::vector<std::jthread> lines_;
    std::jthread accepting_;
};

accounts::user some_user(std::string const& name)
{
    accounts::user made;
    made.id = name;
    made.email = made.email_key = name + "@example.com";
    return made;
}

} // namespace

TEST_CASE("postgres: a commit whose acknowledgement is lost is asked after, and neither lost nor done twice")
{
    postgres_database const place;
    cutter between{shared_postgres().socket_folder()};
    auto as = place.options().read_login().value();
    as.servers = {{between.folder(), 5432}};
    options by;
    by.read_login = [as] { return result<login>{as}; };
    {
        for (auto const where : {cut::after_commit, cut::before_commit}) {
            // Fresh connections, on which COMMIT is prepared under its name.
            auto const of = make_stores(by);
            auto const name = "user " + std::to_string(static_cast<int>(where));
            between.cut_next(where);
            auto const done = run(of.users->add(some_user(name)));
            CHECK(done);
            CHECK(between.has_cut());
            CHECK(run(of.users->find(name)));
            CHECK(run(of.users->add(some_user(name))).error() == errc::conflict);
        }
    }
    CHECK(place.ask("SELECT count(*) FROM users") == "2");
}

TEST_CASE("postgres: so it is where the transaction was begun and took two round trips")
{
    postgres_database const place;
    cutter between{shared_postgres().socket_folder()};
    auto as = place.options().read_login().value();
    as.servers = {{between.folder(), 5432}};
    options by;
    by.read_login = [as] { return result<login>{as}; };
    int changes = 0;
    for (auto const where : {cut::after_commit, cut::before_commit}) {
        auto const of = make_stores(by);
        auto const name = "user " + std::to_string(static_cast<int>(where));
        REQUIRE(run(of.users->add(some_user(name))));
        accounts::user_change wanted;
        wanted.disabled = true;
        between.cut_next(where);
        auto const done = run(of.users->change(name, wanted));
        REQUIRE(done);
        CHECK(done->disabled);
        CHECK(between.has_cut());
        CHECK(place.ask("SELECT count(*) FROM users WHERE disabled") == std::to_string(++changes));
    }
}

TEST_CASE("postgres: the answers of a transaction whose acknowledgement is lost are those that came")
{
    postgres_database const place;
    cutter between{shared_postgres().socket_folder()};
    auto as = place.options().read_login().value();
    as.servers = {{between.folder(), 5432}};
    options by;
    by.read_login = [as] { return result<login>{as}; };
    auto const of = make_stores(by);
    REQUIRE(run(of.users->add(some_user("anna"))));
    accounts::session s;
    s.id = s.family = "s";
    s.user_id = "anna";
    s.current_hash = "t0";
    s.created_at = wall_now();
    s.idle_until = s.expires_at = s.created_at + std::chrono::hours{1};
    REQUIRE(run(of.sessions->add(s)));
    std::string current = "t0";
    for (auto const where : {cut::after_commit, cut::before_commit}) {
        accounts::rotation asked;
        asked.family = "s";
        asked.presented_hash = current;
        asked.successor_hash = current + "+";
        asked.now = s.created_at;
        asked.idle_until = s.idle_until;
        between.cut_next(where);
        auto const done = run(of.sessions->rotate(asked));
        REQUIRE(done);
        CHECK(between.has_cut());
        CHECK(done->outcome == accounts::rotation_outcome::rotated);
        CHECK(done->session.current_hash == asked.successor_hash);
        CHECK(done->owner.id == "anna");
        current = asked.successor_hash;
    }
}
