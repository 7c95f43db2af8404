#include "gateway/mail/templates.hpp"

#include "gateway/base/text/language.hpp"
#include "gateway/mail/built_in_templates.hpp"
#include "gateway/mail/template_check.hpp"

#include <kainjow/mustache.hpp>

#include <algorithm>
#include <fstream>
#include <sstream>

// Wording of letters, built in and overridden file by file from a folder with one folder for each
// language. A template that cannot be rendered is complained about when it is read, so that nobody
// finds out by a letter that never came. Text and HTML belong together: one without the other would
// say something else in each half of a message.
//
// The language is the reader's first among those that have the letter; English has all of them. The
// first line of the text is its subject.

namespace yett::mail {

namespace {

namespace fs = std::filesystem;
using accounts::letter_kind;

constexpr std::string_view first_language = "en";
constexpr std::uintmax_t largest_template = 256 * 1024;

// As in Accept-Language, lower case: "de", "pt-br".
bool is_language(std::string_view tag)
{
    auto const fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return tag.size() >= 2 && tag.size() <= 35 && std::ranges::all_of(tag, fits) && tag.front() != '-' && tag.back() != '-';
}

std::optional<std::string> content_of(fs::path const& file)
{
    std::error_code failure;
    if (!fs::is_regular_file(file, failure) || fs::file_size(file, failure) > largest_template) return std::nullopt;
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    if (!in || !text) return std::nullopt;
    return std::move(text).str();
}

std::vector<fs::path> entries_of(fs::path const& folder, std::vector<std::string>& complaints)
{
    std::vector<fs::path> found;
    std::error_code failure;
    for (fs::directory_iterator at{folder, failure}, end; !failure && at != end; at.increment(failure))
        found.push_back(at->path());
    if (failure) complaints.push_back(folder.string() + ": cannot be read: " + failure.message());
    std::ranges::sort(found);
    return found;
}

// The subject stands in a header field, the text is plain: nothing there is HTML.
std::string as_is(std::string const& text)
{
    return text;
}

std::string rendered(std::string const& text, kainjow::mustache::data const& values, bool html)
{
    kainjow::mustache::mustache compiled{text};
    if (!html) compiled.set_custom_escape(as_is);
    return compiled.render(values);
}

kainjow::mustache::data data_of(template_values const& values)
{
    kainjow::mustache::data data;
    for (auto const name : templates::value_names()) {
        auto const found = values.find(name);
        auto const there = found != values.end() && !found->second.empty();
        // An absent value is false, which an empty text would not be.
        if (there) data.set(std::string{name}, found->second);
        else data.set(std::string{name}, kainjow::mustache::data{kainjow::mustache::data::type::bool_false});
    }
    return data;
}

} // namespace

bool has_link(letter_kind kind) noexcept
{
    switch (kind) {
    case letter_kind::verify_address:
    case letter_kind::reset_password:
    case letter_kind::invitation:
    case letter_kind::change_address:
    case letter_kind::address_changed: return true;
    default: return false;
    }
}

std::vector<std::string_view> const& templates::value_names()
{
    static std::vector<std::string_view> const names{"accent",     "account_link", "address", "brand",      "client",
                                                     "device",     "language",     "link",    "link_until", "on_accent",
                                                     "reset_link", "site",         "subject", "when"};
    return names;
}

templates::templates(fs::path const& overrides, std::vector<std::string>& complaints)
{
    for (auto const& each : built_in_templates()) files_.emplace(each.file, each.text);
    if (!overrides.empty()) read_folder(overrides, complaints);
    languages_.emplace_back(first_language);
    for (auto const& [file, text] : files_) {
        auto language = file.substr(0, file.find('/'));
        if (std::ranges::find(languages_, language) == languages_.end()) languages_.push_back(std::move(language));
    }
    for (auto const& [file, text] : files_) {
        auto const stem = file.substr(0, file.rfind('.'));
        auto const alone =
            !file.ends_with("/frame.html") && (!files_.contains(stem + ".txt") || !files_.contains(stem + ".html"));
        if (alone) complaints.push_back((overrides / file).string() + ": the other of " + stem + ".txt and .html is missing");
    }
}

void templates::read_folder(fs::path const& folder, std::vector<std::string>& complaints)
{
    for (auto const& language : entries_of(folder, complaints)) {
        auto const tag = language.filename().string();
        if (!is_language(tag) || !fs::is_directory(language)) {
            complaints.push_back(language.string() + ": is no folder of a language, like en or pt-br");
            continue;
        }
        for (auto const& file : entries_of(language, complaints)) {
            auto const name = file.filename().string();
            auto text = content_of(file);
            auto const wrong = text ? complaint_about_template(name, *text) : "cannot be read, or is too large";
            if (wrong.empty()) files_.insert_or_assign(fmt::format("{}/{}", tag, name), std::move(*text));
            else complaints.push_back(file.string() + ": " + wrong);
        }
    }
}

std::vector<std::string_view> templates::languages_with(std::string_view kind) const
{
    std::vector<std::string_view> found;
    for (auto const& each : languages_)
        if (files_.contains(each + "/" + std::string{kind} + ".txt")) found.emplace_back(each);
    return found;
}

std::string const& templates::file(std::string const& language, std::string const& name) const
{
    auto const found = files_.find(language + "/" + name);
    return found != files_.end() ? found->second : files_.at(std::string{first_language} + "/" + name);
}

wording templates::render(letter_kind kind, std::string_view accept_language, template_values const& values) const
{
    std::string const name{name_of(kind)};
    wording made;
    made.language = preferred_language(accept_language, languages_with(name));

    auto data = data_of(values);
    data.set("language", made.language);
    std::string_view const text = file(made.language, name + ".txt");
    auto const first_line = text.substr(0, text.find('\n'));
    auto const rest = text.find_first_not_of("\r\n", first_line.size());
    made.subject = rendered(std::string{first_line.substr(first_line.find(' ') + 1)}, data, false);
    while (!made.subject.empty() && (made.subject.back() == '\r' || made.subject.back() == ' ')) made.subject.pop_back();
    made.text = rendered(std::string{rest == text.npos ? std::string_view{} : text.substr(rest)}, data, false);

    data.set("subject", made.subject);
    kainjow::mustache::partial const body{[&] { return file(made.language, name + ".html"); }};
    data.set("body", kainjow::mustache::data{body});
    made.html = rendered(file(made.language, "frame.html"), data, true);
    return made;
}

} // namespace yett::mail
