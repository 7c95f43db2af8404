#include "gateway/console/record_reader.hpp"

#include "gateway/base/text/strict_json.hpp"

#include <algorithm>

// Rows of users as other programs export them: CSV of whatever spreadsheet, JSON with an object a
// line, htpasswd. The format is told, or guessed from the name and then from the first line that is
// not empty. A row that cannot be read is told with its line and does not end the reading; what
// makes all further rows meaningless does (`ended_`).
//
// Column names are compared without case, with blanks and hyphens as underscores. The separator is
// the one by which the first line names a column `email`, so that nobody has to say it.

namespace yett::console {
namespace {

constexpr std::string_view blanks = " \t";
constexpr std::string_view separators = ",;\t|";
// Where a row lies in an order, two levels are above it.
constexpr json_limits row_limits{64 * 1024, 13};

std::string_view trimmed(std::string_view text, std::string_view of = blanks)
{
    auto const first = text.find_first_not_of(of);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(of) - first + 1);
}

// A field in quotes, from behind the first of them to behind the last.
bool take_quoted(std::string_view& rest, std::string& field, char separator)
{
    for (;;) {
        auto const quote = rest.find('"');
        if (quote == rest.npos) return false;
        field.append(rest.substr(0, quote));
        rest.remove_prefix(quote + 1);
        if (!rest.starts_with('"')) return rest.empty() || rest.starts_with(separator);
        field += '"';
        rest.remove_prefix(1);
    }
}

// Databases have words for what is not there.
bool says_nothing(std::string_view cell)
{
    return cell.empty() || cell == "\\N" || cell == "NULL";
}

// Columns without a name at the end come from spreadsheets; their cells have to be empty.
std::vector<std::string> member_names(std::vector<std::string> fields)
{
    for (auto& each : fields) each = member_name(each);
    while (!fields.empty() && fields.back().empty()) fields.pop_back();
    return fields;
}

bool has(std::vector<std::string> const& names, std::string_view name)
{
    return std::ranges::find(names, name) != names.end();
}

std::string twice_in(std::vector<std::string> names)
{
    std::ranges::sort(names);
    auto const found = std::ranges::adjacent_find(names);
    return found == names.end() ? std::string{} : *found;
}

// The `sep=;` that Excel reads and writes in front of the names; 0 when it is none.
char separator_in(std::string_view line)
{
    return line.size() == 5 && member_name(line.substr(0, 3)) == "sep" && line[3] == '=' ? line[4] : '\0';
}

} // namespace

std::optional<std::vector<std::string>> split_csv(std::string_view line, char separator)
{
    std::vector<std::string> fields;
    for (auto rest = line;;) {
        std::string field;
        if (rest.starts_with('"')) {
            rest.remove_prefix(1);
            if (!take_quoted(rest, field, separator)) return std::nullopt;
        } else {
            auto const cell = rest.substr(0, rest.find(separator));
            if (cell.find('"') != cell.npos) return std::nullopt;
            field = trimmed(cell);
            rest.remove_prefix(cell.size());
        }
        fields.push_back(std::move(field));
        if (rest.empty()) return fields;
        rest.remove_prefix(1);
    }
}

record_format guess_format(std::string_view file_name, std::string_view first_line)
{
    for (auto const* const ending : {".csv", ".tsv"})
        if (file_name.ends_with(ending)) return record_format::csv;
    for (auto const* const ending : {".json", ".jsonl", ".ndjson"})
        if (file_name.ends_with(ending)) return record_format::json;
    if (file_name.ends_with("htpasswd")) return record_format::htpasswd;
    auto const first = trimmed(first_line);
    if (first.starts_with('{') || first.starts_with('[')) return record_format::json;
    auto const colon = first.find(':');
    return colon < first.find_first_of(separators) && colon != first.npos ? record_format::htpasswd : record_format::csv;
}

std::string member_name(std::string_view written)
{
    std::string name{trimmed(written)};
    for (auto& c : name) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (c == ' ' || c == '-') c = '_';
    }
    return name == "e_mail" ? "email" : name;
}

record_reader::record_reader(std::istream& from, record_source what) : lines_{from, what.encoding}, what_{std::move(what)} {}

std::optional<record> record_reader::next()
{
    while (!ended_ && lines_.next())
        if (auto found = read_line()) return found;
    return std::nullopt;
}

std::optional<record> record_reader::read_line()
{
    if (!lines_.wrong().empty()) return wrong(std::string{lines_.wrong()});
    auto const text = trimmed(lines_.text());
    if (text.empty()) return std::nullopt;
    if (!format_) format_ = what_.format ? *what_.format : guess_format(what_.file_name, text);
    if (*format_ == record_format::htpasswd && text.starts_with('#')) return std::nullopt;
    if (*format_ == record_format::json && trimmed(text, "[] ,\t").empty()) return std::nullopt;
    if (*format_ == record_format::json) return read_json();
    if (*format_ == record_format::htpasswd) return read_htpasswd();
    return names_.empty() ? read_names() : read_csv();
}

record record_reader::wrong(std::string why) const
{
    return {lines_.number(), {}, std::move(why)};
}

// Nothing when the names are fine.
std::optional<record> record_reader::read_names()
{
    auto const line = lines_.text();
    if (separator_ == 0 && (separator_ = separator_in(line)) != 0) return std::nullopt;
    for (auto const each : separator_ != 0 ? std::string{separator_} : std::string{separators}) {
        auto fields = split_csv(line, each);
        if (!fields) continue;
        auto names = member_names(std::move(*fields));
        if (!has(names, "email")) continue;
        names_ = std::move(names);
        separator_ = each;
        auto const twice = twice_in(names_);
        if (twice.empty()) return std::nullopt;
        ended_ = true;
        return wrong("two columns are named '" + twice + "'");
    }
    ended_ = true;
    return wrong("the first line has to name the columns, and one of them email; nothing behind it was read");
}

// An object; of a list that has a line for each of them, too.
record record_reader::read_json() const
{
    auto text = trimmed(lines_.text());
    if (text.starts_with('[')) text = trimmed(text.substr(1));
    while (text.ends_with(']') || text.ends_with(',')) text = trimmed(text.substr(0, text.size() - 1));
    if (text.starts_with(',')) text = trimmed(text.substr(1));
    auto read = parse_strict_object(text, row_limits);
    if (!read) return wrong("not a JSON object: " + read.error().note());
    record found{lines_.number(), {}, {}};
    for (auto& [name, value] : *read)
        if (!found.row.emplace(member_name(name), std::move(value)).second)
            return wrong("'" + member_name(name) + "' is there twice");
    return found;
}

// Nothing for a row of empty cells, as spreadsheets leave them behind.
std::optional<record> record_reader::read_csv()
{
    auto fields = split_csv(lines_.text(), separator_);
    if (!fields) return wrong("a quote is out of place");
    if (std::ranges::all_of(*fields, &std::string::empty)) return std::nullopt;
    while (fields->size() > names_.size() && fields->back().empty()) fields->pop_back();
    if (fields->size() != names_.size())
        return wrong(std::to_string(fields->size()) + " fields where " + std::to_string(names_.size()) + " are named");
    record found{lines_.number(), {}, {}};
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (!says_nothing((*fields)[i])) found.row[names_[i]] = (*fields)[i];
    return found;
}

record record_reader::read_htpasswd() const
{
    auto const text = lines_.text();
    auto const colon = text.find(':');
    if (colon == text.npos) return wrong("no colon between name and hash");
    record found{lines_.number(), {}, {}};
    found.row["email"] = text.substr(0, colon);
    found.row["password_hash"] = trimmed(text.substr(colon + 1));
    return found;
}

} // namespace yett::console
