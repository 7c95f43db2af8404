#include "gateway/storage/sqlite/key_store.hpp"

#include "gateway/storage/sqlite/connections.hpp"

namespace yett::storage::sqlite {

namespace {

using tokens::kept_key;

result<std::vector<kept_key>> select(database& db, tokens::algorithm alg)
{
    auto row = db.prepare("SELECT number, document FROM signing_keys WHERE algorithm = ?1 ORDER BY number");
    row.bind(name_of(alg));
    return row.rows([alg](statement const& one) {
        return kept_key{alg, static_cast<unsigned>(one.integer(0)), secret{one.text(1)}};
    });
}

// Nothing is inserted, and so nothing returned, where the number was taken.
result<bool> insert(database& db, kept_key const& added)
{
    auto row = db.prepare("INSERT INTO signing_keys (algorithm, number, document) VALUES (?1, ?2, ?3)"
                          " ON CONFLICT DO NOTHING RETURNING 1");
    row.bind(name_of(added.alg), std::int64_t{added.number}, added.document.reveal());
    bool made = false;
    while (row.step()) made = true;
    if (row.failed()) return row.failure_or(errc::internal);
    return made;
}

class key_store final : public tokens::key_store
{
public:
    explicit key_store(std::string const& path) : connections_{path} {}

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
        auto work = [alg, number](database& db) {
            auto row = db.prepare("DELETE FROM signing_keys WHERE algorithm = ?1 AND number = ?2");
            return row.bind(name_of(alg), std::int64_t{number}).run();
        };
        co_return co_await connections_.write(std::move(work));
    }

private:
    connections connections_;
};

} // namespace

std::unique_ptr<tokens::key_store> make_key_store(std::string const& path)
{
    return std::make_unique<key_store>(path);
}

} // namespace yett::storage::sqlite
