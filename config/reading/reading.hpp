#pragma once

#include "config/reading/complaint.hpp"
#include "config/reading/document.hpp"
#include "config/reading/environment.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::config {

// A value of the document and the way to it, "routes[2].access".
struct spot
{
    node const* value;
    std::string path;

    // The way goes on into a mapping by a key, into a list by a number.
    spot member(node const& child) const;
    spot element(std::size_t index) const;
};

// One run over one file: what it sees of the world, what it complains about, and where
// every key stands, for the checks that come after.
class reading
{
public:
    // What is known about a key: where it stands and, for plain values, what it says.
    struct entry
    {
        mark at;
        std::string written; // as in the file; empty for secrets and everything with parts
        std::string value;   // with variables filled in; of a URL that may hold a password the scheme alone
        bool given = true;   // false when the default stands in
    };

    reading(std::filesystem::path file, environment const& around) : file_{std::move(file)}, around_{around} {}

    // About what stands at a place of the file, by the path of the key it is about.
    void complain(mark at, std::string_view path, std::string text, severity how = severity::error);
    void complain(spot const& at, std::string text) { complain(at.value->at, at.path, std::move(text)); }
    // Begins with the offending text as it was written, unless that may be a secret.
    void complain_value(spot const& at, std::string_view text, bool hide);
    // At the place of a key, or of the nearest one around it that the file holds.
    void complain_at(std::string const& path, std::string text, severity how = severity::error);
    // Whether anything was said of exactly this path: then a second complaint would tell nobody
    // more.
    bool has_complaint_at(std::string_view path) const;
    bool has_error() const { return config::has_error(complaints_); }

    // The text of a scalar, its variables filled in. Complains when it is no scalar, a
    // variable is missing, or control characters came with one.
    std::optional<std::string> text(spot const& at, std::string_view wanted);
    // A secret is taken as it comes.
    std::optional<std::string> hidden_text(spot const& at);

    // What is known of a path from now on; a path that is noted twice has what was said last.
    void note(std::string const& path, entry e) { entries_.insert_or_assign(path, std::move(e)); }
    bool is_given(std::string const& path) const;
    // Which of two keys brought a value: this one, or its other version that ends in _file.
    std::string given_as(std::string const& path) const;
    std::map<std::string, entry> const& entries() const { return entries_; }

    // "file:line:column", as settings keep it for those who complain later.
    std::string place(mark at) const;
    // Against the folder of the configuration file.
    std::filesystem::path resolve(std::filesystem::path const& written) const;
    environment const& around() const { return around_; }

    // In the order of the file.
    std::vector<complaint> take_complaints();

private:
    std::optional<std::string> expanded(spot const& at);

    std::filesystem::path file_;
    environment const& around_;
    std::vector<complaint> complaints_;
    std::map<std::string, entry> entries_;
};

// In quotes, cut after 60 bytes, control characters escaped.
std::string in_quotes(std::string_view text);

} // namespace yett::config
