#include "gateway/console/import_rows.hpp"

#include "gateway/console/progress.hpp"
#include "gateway/console/record_reader.hpp"

#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

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
    import_run(counterpart& with, management::verb const& what, boost::json::object order, presentation how)
        : with_{with},
          what_{what},
          order_{std::move(order)},
          how_{how}
    {
    }

    result<void> run(std::istream& in, record_format format, std::uint64_t total)
    {
        progress bar{total};
        bar_ = &bar;
        record_reader reader{in, format};
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
        return send();
    }

    sums const& result_so_far() const noexcept { return sums_; }

private:
    void keep(record next)
    {
        next.row["line"] = next.line;
        batch_.push_back(std::move(next.row));
    }

    result<void> send()
    {
        if (batch_.empty()) return {};
        order_["rows"] = std::exchange(batch_, {});
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

    counterpart& with_;
    management::verb const& what_;
    boost::json::object order_;
    presentation how_;
    progress* bar_ = nullptr;
    boost::json::array batch_;
    sums sums_;
    std::uint64_t rows_ = 0;
    std::uint64_t sent_at_ = 0;
};

record_format format_of(rows_source const& from, std::istream& in)
{
    if (from.format == "csv") return record_format::csv;
    if (from.format == "json") return record_format::json;
    if (from.format == "htpasswd") return record_format::htpasswd;
    // A pipe cannot be read twice; a brace tells enough of its first line.
    std::string first;
    if (from.file == "-") return in.peek() == '{' ? record_format::json : record_format::csv;
    std::getline(in, first);
    in.clear();
    in.seekg(0);
    return guess_format(from.file, first);
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

int import_rows(counterpart& with, management::verb const& what, boost::json::object order, rows_source const& from,
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
    auto const done = one.run(in, format_of(from, in), unknown ? 0 : size);
    print(one.result_so_far(), how);
    if (!done) {
        auto const status = fail(done.error(), how);
        std::fputs("yett: run it again to go on from here\n", stderr);
        return status;
    }
    return one.result_so_far().refused == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace yett::console
