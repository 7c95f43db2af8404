#include "gateway/storage/redis/announced_stores.hpp"

#include "gateway/accounts/ports/rotation.hpp"
#include "gateway/storage/redis/revocation_stream.hpp"

namespace yett::storage::redis {
namespace {

// Commits as the store below does, and tells what that revoked.
class announced_sessions final : public accounts::session_store
{
public:
    announced_sessions(std::unique_ptr<accounts::session_store> below, std::shared_ptr<revocation_stream> to)
        : below_{std::move(below)},
          stream_{std::move(to)}
    {
    }

    task<result<accounts::admitted>> admit(accounts::arrival const& asked) override
    {
        auto done = co_await below_->admit(asked);
        if (done) stream_->tell(done->displaced.revocations);
        co_return done;
    }

    task<result<accounts::rotated>> rotate(accounts::rotation const& asked) override
    {
        auto const now = asked.now;
        auto done = co_await below_->rotate(asked);
        if (done && done->outcome == accounts::rotation_outcome::reused) {
            auto ended = done->session;
            stream_->tell({accounts::end(ended, now)});
        }
        co_return done;
    }

    task<result<accounts::ended>> end(accounts::ending const& asked) override
    {
        auto done = co_await below_->end(asked);
        if (done) stream_->tell(done->revocations);
        co_return done;
    }

    task<result<void>> revoke(accounts::revocation const& wanted) override
    {
        auto const told = wanted;
        auto const done = co_await below_->revoke(wanted);
        if (!done) co_return done.error();
        stream_->tell({told});
        co_return result<void>{};
    }

    task<result<accounts::session>> find(std::string_view id) override { return below_->find(id); }
    task<result<accounts::session>> find_by_family(std::string_view family) override { return below_->find_by_family(family); }
    task<result<std::vector<accounts::session>>> list(std::string_view user_id, accounts::session_page asked) override
    {
        return below_->list(user_id, std::move(asked));
    }
    task<result<std::vector<accounts::session>>> list_all(accounts::session_page const& asked) override
    {
        return below_->list_all(asked);
    }
    task<result<void>> load_revocations(wall_time now, std::function<void(accounts::revocation const&)> each) override
    {
        return below_->load_revocations(now, std::move(each));
    }
    task<result<std::size_t>> sweep(wall_time now, std::size_t limit) override { return below_->sweep(now, limit); }

private:
    std::unique_ptr<accounts::session_store> below_;
    std::shared_ptr<revocation_stream> stream_;
};

// The log of the store below, and the stream beside it.
class announced_feed final : public accounts::revocation_feed
{
public:
    announced_feed(std::unique_ptr<accounts::revocation_feed> below, std::shared_ptr<revocation_stream> from)
        : below_{std::move(below)},
          stream_{std::move(from)}
    {
    }

    task<result<accounts::log_moment>> present() override { return below_->present(); }
    task<result<accounts::revocation_news>> since(std::string watermark) override { return below_->since(std::move(watermark)); }

    void listen(heard_by heard) override
    {
        below_->listen(heard);
        stream_->listen(std::move(heard));
    }

    void stop_listening() override
    {
        below_->stop_listening();
        stream_->stop_listening();
    }

    accounts::feed_activity activity() const override
    {
        auto all = below_->activity();
        all.stream = stream_->activity();
        return all;
    }

private:
    std::unique_ptr<accounts::revocation_feed> below_;
    std::shared_ptr<revocation_stream> stream_;
};

} // namespace

void announce_revocations(accounts::stores& of, redis_options how, std::string const& prefix)
{
    auto const stream = std::make_shared<revocation_stream>(std::move(how), prefix);
    of.sessions = std::make_unique<announced_sessions>(std::move(of.sessions), stream);
    of.feed = std::make_unique<announced_feed>(std::move(of.feed), stream);
}

} // namespace yett::storage::redis
