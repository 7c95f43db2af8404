#include "gateway/console/import_rows.hpp"

#include "gateway/console/progress.hpp"
#include "gateway/console/record_reader.hpp"

#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

// A file of any size, in batches that fit the management socket. The program answers each row by
// itself, so that one bad address costs one account and not the run. When the verb refuses a whole
// batch, because a row cannot even be told to it, the rows are given one by one and only that one
// is lost.
//
// Running it again is safe: rows whose accounts exist are counted as known. So a run that broke off
// is repeated from the start and goes on where it ended.

namespace yett::console {
namespace {

constexpr std::size_t batch_rows = 500;
constexpr std::uint64_t batch_bytes = std::uint64_t{1} << 20;

struct sums
{
    std::uint64_t added = 0;
    std::uint64_t known = 0;
    std::uint64_t refused = 0;
};

std::uint64_t number_in(boost::json::object const& said, std::string_view name)
{
    auto const* const found = said.if_contains(name);
    return found && found->is_int64() ? static_cast<std::uint64_t>(found->get_int64()) : 0;
}

// One run through a file.
class import_run
{
public:
    import_run(management_client& with, management::verb const& what, boost::json::object order, presentation how)
        : with_{with},
          what_{what},
          order_{std::move(order)},
          how_{how}
    {
    }

    result<void> run(std::istream& in, record_source const& source, std::uint64_t total)
    {
        progress bar{total, "rows"};
        bar_ = &bar;
        record_reader reader{in, source};
        while (auto next = reader.next()) {
            ++rows_;
            if (next->wrong.empty()) keep(std::move(*next));
            else refuse(next->line, next->wrong);
            auto const full = batch_.size() >= batch_rows || reader.position() - sent_at_ >= batch_bytes;
            if (!full) continue;
            if (auto const sent = send(); !sent) return sent;
            sent_at_ = reader.position();
            bar.show(sent_at_, rows_);
        }
        if (in.bad()) return our_error(errc::internal, "the file cannot be read to its end");
        if (reader.saw_nothing() && rows_ == 0) return our_error(errc::bad_request, "there is nothing in the file");
        return send();
    }

    sums const& result_so_far() const noexcept { return sums_; }

private:
    void keep(record next)
    {
        next.row["line"] = static_cast<std::int64_t>(next.line);
        batch_.push_back(std::move(next.row));
    }

    result<void> send()
    {
        auto const rows = std::exchange(batch_, {});
        if (rows.empty()) return {};
        auto const done = give(rows);
        if (done || done.error() != errc::bad_request) return done;
        // A row that cannot even be told to the verb spoils its batch. Alone it spoils itself.
        for (auto const& each : rows) {
            auto const one = give(boost::json::array{each});
            if (!one && one.error() == errc::bad_request) refuse(number_in(each.get_object(), "line"), one.error().note());
            else if (!one) return one;
        }
        return {};
    }

    result<void> give(boost::json::array const& rows)
    {
        order_["rows"] = rows;
        auto const done = with_.ask(what_, order_);
        if (!done) return done.error();
        sums_.added += number_in(*done, "added");
        sums_.known += number_in(*done, "known");
        auto const* const refused = done->if_contains("refused");
        if (!refused || !refused->is_array()) return {};
        for (auto const& each : refused->get_array()) {
            auto const& row = each.as_object();
            refuse(number_in(row, "line"), cell_text(row.at("why")));
        }
        return {};
    }

    void refuse(std::uint64_t line, std::string const& why)
    {
        ++sums_.refused;
        bar_->wipe();
        boost::json::object said{{"line", line}, {"refused", why}};
        auto const text = how_.json ? boost::json::serialize(said) : "line " + std::to_string(line) + ": " + printable(why);
        std::fprintf(stderr, "%s\n", text.c_str());
    }

    management_client& with_;
    management::verb const& what_;
    boost::json::object order_;
    presentation how_;
    progress* bar_ = nullptr;
    boost::json::array batch_;
    sums sums_;
    std::uint64_t rows_ = 0;
    std::uint64_t sent_at_ = 0;
};

record_source source_of(rows_source const& from)
{
    record_source source;
    if (from.format == "csv") source.format = record_format::csv;
    if (from.format == "json") source.format = record_format::json;
    if (from.format == "htpasswd") source.format = record_format::htpasswd;
    if (from.encoding == "windows-1252") source.encoding = text_encoding::windows_1252;
    source.file_name = from.file;
    return source;
}

void print(sums const& s, presentation how)
{
    boost::json::object const said{{"added", s.added}, {"known", s.known}, {"refused", s.refused}};
    auto const line = how.json ? boost::json::serialize(said)
                               : std::to_string(s.added) + " added, " + std::to_string(s.known) + " known already, " +
                                     std::to_string(s.refused) + " refused";
    std::puts(line.c_str());
}

} // namespace

int import_rows(management_client& with, management::verb const& what, boost::json::object order, rows_source const& from,
                presentation how)
{
    std::ifstream file;
    auto const piped = from.file == "-";
    if (!piped) file.open(from.file, std::ios::binary);
    auto& in = piped ? std::cin : static_cast<std::istream&>(file);
    if (!in) return fail(our_error(errc::internal, "cannot read " + from.file), how);
    std::error_code unknown;
    auto const size = piped ? 0 : std::filesystem::file_size(from.file, unknown);

    import_run one{with, what, std::move(order), how};
    auto const done = one.run(in, source_of(from), unknown ? 0 : size);
    print(one.result_so_far(), how);
    if (!done) {
        auto const status = fail(done.error(), how);
        if (done.error() != errc::bad_request) std::fputs("yett: run it again to go on from here\n", stderr);
        return status;
    }
    return one.result_so_far().refused == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace yett::console
