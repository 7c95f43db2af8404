#include "gateway/storage/postgres/node_list.hpp"

#include "gateway/storage/postgres/connections.hpp"

// Nodes say that they are there by writing a row, by the database's clock (ADR 12); who says
// nothing for an hour is forgotten by whoever reports next. The list is for people. Nothing decides
// by it.

namespace yett::storage::postgres {

namespace {

using accounts::node_entry;

constexpr std::int64_t follows_nobody = -1;

constexpr std::string_view report_node =
    "INSERT INTO nodes (id, host, version, started_at, seen_at, horizon_age) VALUES ($1, $2, $3, now(), now(), nullif($4, -1))"
    " ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, horizon_age = excluded.horizon_age";
constexpr std::string_view forget_silent = "DELETE FROM nodes WHERE seen_at < now() - interval '1 hour'";
constexpr std::string_view select_nodes =
    "SELECT id, host, version, started_at, seen_at, coalesce(horizon_age, -1) FROM nodes ORDER BY host, started_at, id";

node_entry read_node(result_row const& of)
{
    node_entry found;
    found.id = of.text(0);
    found.host = of.text(1);
    found.version = of.text(2);
    found.started_at = of.time(3);
    found.seen_at = of.time(4);
    if (auto const age = of.integer(5); age != follows_nobody) found.horizon_age = milliseconds{age};
    return found;
}

task<result<void>> note(database& db, node_entry const& self)
{
    auto const age = self.horizon_age ? std::int64_t{self.horizon_age->count()} : follows_nobody;
    db.queue(report_node, self.id, self.host, self.version, age);
    db.queue(forget_silent);
    co_return result<void>{};
}

task<result<std::vector<node_entry>>> select_all(database& db)
{
    auto const found = co_await db.ask(select_nodes);
    if (!found) co_return found.error();
    co_return found->each(read_node);
}

class nodes final : public accounts::node_list
{
public:
    explicit nodes(std::shared_ptr<connections> shared) : shared_{std::move(shared)} {}

    task<result<void>> report(node_entry const& self) override
    {
        auto work = [self](database& db) { return note(db, self); };
        co_return co_await shared_->write(std::move(work));
    }

    task<result<std::vector<node_entry>>> list() override
    {
        auto work = [](database& db) { return select_all(db); };
        co_return co_await shared_->read(std::move(work));
    }

private:
    std::shared_ptr<connections> shared_;
};

} // namespace

std::unique_ptr<accounts::node_list> make_node_list(std::shared_ptr<connections> shared)
{
    return std::make_unique<nodes>(std::move(shared));
}

} // namespace yett::storage::postgres
