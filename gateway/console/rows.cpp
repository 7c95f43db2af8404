#include "gateway/console/rows.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

// Answers of verbs as a table, CSV or JSON. A table's columns are as wide as the first page needs,
// since the rows come page by page and none is kept. What is printed for people has no control
// character: the names in it were typed by strangers, and a terminal obeys what it is told. A
// failure to write is remembered, and whoever wrote asks for it in the end.

namespace yett::console {
namespace {

constexpr std::size_t widest = 48;

boost::json::value const& cell(boost::json::object const& row, std::string_view column)
{
    static boost::json::value const none;
    auto const* const found = row.if_contains(column);
    return found ? *found : none;
}

boost::json::object const& object_in(boost::json::value const& v)
{
    static boost::json::object const none;
    return v.is_object() ? v.get_object() : none;
}

std::string upper(std::string_view name)
{
    std::string text{name};
    for (auto& c : text) c = c == '_' ? ' ' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return text;
}

} // namespace

std::string cell_text(boost::json::value const& v)
{
    if (v.is_null()) return {};
    if (v.is_string()) return std::string{std::string_view{v.get_string()}};
    if (v.is_bool()) return v.get_bool() ? "yes" : "no";
    if (!v.is_array()) return boost::json::serialize(v);
    std::string all;
    for (auto const& each : v.get_array()) all += (all.empty() ? "" : ",") + cell_text(each);
    return all;
}

std::string printable(std::string_view text)
{
    std::string safe{text};
    for (auto& c : safe)
        if (c < ' ' || c > '~') c = '?';
    return safe;
}

std::string csv_field(std::string_view text)
{
    if (text.find_first_of(",\"\r\n") == text.npos) return std::string{text};
    std::string quoted{"\""};
    for (auto const c : text) quoted.append(c == '"' ? "\"\"" : std::string_view{&c, 1});
    return quoted + "\"";
}

row_writer::row_writer(std::FILE* to, row_form form, std::span<std::string_view const> columns)
    : to_{to},
      form_{form},
      columns_{columns}
{
}

void row_writer::write(std::span<boost::json::value const> rows)
{
    if (!begun_) {
        measure(rows);
        head();
    }
    for (auto const& each : rows) {
        if (form_ == row_form::json) put(boost::json::serialize(each));
        else if (form_ == row_form::csv) write_csv(object_in(each));
        else write_table(object_in(each));
    }
    if (std::fflush(to_) != 0) failed_ = true;
}

void row_writer::measure(std::span<boost::json::value const> rows)
{
    for (auto const& column : columns_) {
        auto width = column.size();
        for (auto const& each : rows) width = std::max(width, cell_text(cell(object_in(each), column)).size());
        widths_.push_back(std::min(width, widest));
    }
}

void row_writer::head()
{
    begun_ = true;
    boost::json::object names;
    for (auto const& column : columns_) names[column] = form_ == row_form::csv ? std::string{column} : upper(column);
    if (form_ == row_form::csv) write_csv(names);
    if (form_ == row_form::table) write_table(names);
}

void row_writer::write_table(boost::json::object const& row)
{
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        auto text = printable(cell_text(cell(row, columns_[i])));
        if (i + 1 < columns_.size()) text.resize(std::max(text.size(), widths_[i]), ' ');
        line += (line.empty() ? "" : "  ") + text;
    }
    put(line);
}

void row_writer::write_csv(boost::json::object const& row)
{
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        auto const& value = cell(row, columns_[i]);
        auto const text = value.is_bool() ? boost::json::serialize(value) : cell_text(value);
        line += (i == 0 ? "" : ",") + csv_field(text);
    }
    put(line);
}

void row_writer::put(std::string const& line)
{
    if (std::fwrite(line.data(), 1, line.size(), to_) != line.size() || std::fputc('\n', to_) == EOF) failed_ = true;
}

} // namespace yett::console
