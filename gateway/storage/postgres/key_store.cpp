#include "gateway/storage/postgres/key_store.hpp"

#include "gateway/storage/postgres/connections.hpp"

namespace yett::storage::postgres {

namespace {

using tokens::kept_key;

constexpr std::string_view select_keys = "SELECT number, document FROM signing_keys WHERE algorithm = $1 ORDER BY number";
// Nothing is inserted where the number was taken.
constexpr std::string_view insert_key =
    "INSERT INTO signing_keys (algorithm, number, document) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
constexpr std::string_view delete_key = "DELETE FROM signing_keys WHERE algorithm = $1 AND number = $2";

task<result<std::vector<kept_key>>> select(database& db, tokens::algorithm alg)
{
    auto const found = co_await db.ask(select_keys, name_of(alg));
    if (!found) co_return found.error();
    auto const read_key = [alg](result_row const& of) {
        return kept_key{alg, static_cast<unsigned>(of.integer(0)), secret{of.text(1)}};
    };
    co_return found->each(read_key);
}

task<result<bool>> insert(database& db, kept_key const& added)
{
    auto const done = co_await db.ask(insert_key, name_of(added.alg), std::int64_t{added.number}, added.document.reveal());
    if (!done) co_return done.error();
    co_return done->changed() > 0;
}

task<result<void>> erase(database& db, tokens::algorithm alg, unsigned number)
{
    db.queue(delete_key, name_of(alg), std::int64_t{number});
    co_return result<void>{};
}

class key_store final : public tokens::key_store
{
public:
    explicit key_store(options by) : connections_{with_one_connection(std::move(by))} {}

    task<result<std::vector<kept_key>>> list(tokens::algorithm alg) override
    {
        auto work = [alg](database& db) { return select(db, alg); };
        co_return co_await connections_.read(std::move(work));
    }

    task<result<bool>> add(kept_key const& added) override
    {
        auto work = [added](database& db) { return insert(db, added); };
        co_return co_await connections_.write(std::move(work));
    }

    task<result<void>> remove(tokens::algorithm alg, unsigned number) override
    {
        auto work = [alg, number](database& db) { return erase(db, alg, number); };
        co_return co_await connections_.write(std::move(work));
    }

private:
    connections connections_;
};

} // namespace

std::unique_ptr<tokens::key_store> make_key_store(options by)
{
    return std::make_unique<key_store>(std::move(by));
}

} // namespace yett::storage::postgres
