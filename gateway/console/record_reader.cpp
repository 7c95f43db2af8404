#include "gateway/console/record_reader.hpp"

#include "gateway/base/strict_json.hpp"

namespace yett::console {
namespace {

constexpr std::size_t longest_line = 8 * 1024;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

bool is_blank(std::string_view text)
{
    return text.find_first_not_of(" \t") == text.npos;
}

// A field in quotes, from behind the first of them to behind the last.
bool take_quoted(std::string_view& rest, std::string& field)
{
    for (;;) {
        auto const quote = rest.find('"');
        if (quote == rest.npos) return false;
        field.append(rest.substr(0, quote));
        rest.remove_prefix(quote + 1);
        if (!rest.starts_with('"')) return rest.empty() || rest.starts_with(',');
        field += '"';
        rest.remove_prefix(1);
    }
}

} // namespace

std::optional<std::vector<std::string>> split_csv(std::string_view line)
{
    std::vector<std::string> fields;
    for (auto rest = line;;) {
        std::string field;
        if (rest.starts_with('"')) {
            rest.remove_prefix(1);
            if (!take_quoted(rest, field)) return std::nullopt;
        } else {
            field = rest.substr(0, rest.find(','));
            if (field.find('"') != field.npos) return std::nullopt;
            rest.remove_prefix(field.size());
        }
        fields.push_back(std::move(field));
        if (rest.empty()) return fields;
        rest.remove_prefix(1);
    }
}

record_format guess_format(std::string_view file_name, std::string_view first_line)
{
    if (file_name.ends_with(".csv")) return record_format::csv;
    for (auto const* const ending : {".json", ".jsonl", ".ndjson"})
        if (file_name.ends_with(ending)) return record_format::json;
    if (file_name.ends_with("htpasswd")) return record_format::htpasswd;
    if (first_line.starts_with('{')) return record_format::json;
    auto const colon = first_line.find(':');
    return colon < first_line.find(',') && colon != first_line.npos ? record_format::htpasswd : record_format::csv;
}

record_reader::record_reader(std::istream& from, record_format format) : from_{from}, format_{format} {}

record_reader::taken record_reader::take_line()
{
    text_.clear();
    auto& bytes = *from_.rdbuf();
    auto c = bytes.sbumpc();
    if (c == std::char_traits<char>::eof()) return taken::end;
    auto length = std::size_t{0};
    for (; c != std::char_traits<char>::eof() && c != '\n'; c = bytes.sbumpc())
        if (++length <= longest_line) text_ += static_cast<char>(c);
    position_ += length + 1;
    if (++line_ == 1 && text_.starts_with(byte_order_mark)) text_.erase(0, byte_order_mark.size());
    if (text_.ends_with('\r')) text_.pop_back();
    return length > longest_line ? taken::too_long : taken::line;
}

std::optional<record> record_reader::next()
{
    for (;;) {
        auto const how = take_line();
        if (how == taken::end) return std::nullopt;
        if (how == taken::too_long) return wrong("longer than 8 KiB");
        if (is_blank(text_) || (format_ == record_format::htpasswd && text_.starts_with('#'))) continue;
        if (format_ == record_format::json) return read_json();
        if (format_ == record_format::htpasswd) return read_htpasswd();
        if (!names_.empty()) return read_csv();
        auto names = split_csv(text_);
        if (!names) return wrong("a quote is out of place in the line of names");
        names_ = std::move(*names);
    }
}

record record_reader::wrong(std::string why) const
{
    return {line_, {}, std::move(why)};
}

record record_reader::read_json() const
{
    auto read = parse_strict_object(text_);
    if (!read) return wrong("not a JSON object: " + read.error().note());
    return {line_, std::move(*read), {}};
}

record record_reader::read_csv()
{
    auto const fields = split_csv(text_);
    if (!fields) return wrong("a quote is out of place");
    if (fields->size() != names_.size())
        return wrong(std::to_string(fields->size()) + " fields where " + std::to_string(names_.size()) + " are named");
    record found{line_, {}, {}};
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (!(*fields)[i].empty()) found.row[names_[i]] = (*fields)[i];
    return found;
}

record record_reader::read_htpasswd() const
{
    auto const colon = text_.find(':');
    if (colon == text_.npos) return wrong("no colon between name and hash");
    record found{line_, {}, {}};
    found.row["email"] = text_.substr(0, colon);
    found.row["password_hash"] = text_.substr(colon + 1);
    return found;
}

} // namespace yett::console
