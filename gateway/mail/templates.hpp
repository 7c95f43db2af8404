#pragma once

#include "gateway/accounts/ports/outbox.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace yett::mail {

// What templates may name. A section ({{#link}}…{{/link}}) shows whether a value is there.
using template_values = std::map<std::string, std::string, std::less<>>;

// A letter in words, UTF-8.
struct wording
{
    std::string language; // the tag of the templates' folder
    std::string subject;
    std::string text;
    std::string html;
};

// The texts of all mails: mustache templates, a folder for each language, and in it for each
// kind of letter
//
//     en/verify_address.txt    its first line is "Subject: …", then an empty line and the text
//     en/verify_address.html   what comes into the body of frame.html, at {{> body}}
//     en/frame.html            around every HTML part
//
// Values are escaped in HTML and stand as they are in text. Unescaped values ({{{x}}}, {{&x}}),
// other delimiters and names that are no value are refused, so that no template can undo that.
class templates
{
public:
    // The built-in ones, with the folder's files in their place or beside them; an empty
    // path: the built-in ones alone. Each file that is no template, or one nobody would
    // ever use, adds a complaint; nothing may be rendered then.
    templates(std::filesystem::path const& overrides, std::vector<std::string>& complaints);

    // In the language that `accept_language` prefers among those that have this kind; English else.
    wording render(accounts::letter_kind kind, std::string_view accept_language, template_values const& values) const;

    // Names that values may have.
    static std::vector<std::string_view> const& value_names();

private:
    void read_folder(std::filesystem::path const& folder, std::vector<std::string>& complaints);
    std::vector<std::string_view> languages_with(std::string_view kind) const;
    std::string const& file(std::string const& language, std::string const& name) const;

    std::map<std::string, std::string, std::less<>> files_;
    std::vector<std::string> languages_; // folders, "en" first
};

// Whether a link belongs into mails of this kind.
bool has_link(accounts::letter_kind kind) noexcept;

} // namespace yett::mail
