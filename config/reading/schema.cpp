#include "config/reading/schema.hpp"

#include "config/reading/secrets.hpp"

#include <algorithm>
#include <numeric>

// What the templates of schema.hpp share. A word that is not known is answered with one that is
// near, if there is one within two changes (Levenshtein; one in a short word), else with all that
// is allowed.

namespace yett::config {
namespace {

// How many letters have to be inserted, removed or replaced; a neighbour swap is two.
std::size_t distance(std::string_view a, std::string_view b)
{
    std::vector<std::size_t> before(b.size() + 1);
    std::iota(before.begin(), before.end(), 0u);
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::vector<std::size_t> now{i + 1};
        for (std::size_t j = 0; j < b.size(); ++j)
            now.push_back(std::min({before[j + 1] + 1, now[j] + 1, before[j] + (a[i] == b[j] ? 0 : 1)}));
        before = std::move(now);
    }
    return before.back();
}

constexpr std::size_t longest_word = 40;

std::string list_of(std::vector<std::string> words)
{
    std::ranges::sort(words);
    std::string out;
    for (auto const& word : words) out += fmt::format("{}{}", out.empty() ? "" : ", ", word);
    return out;
}

std::string advice(std::string_view word, std::vector<std::string> const& known)
{
    if (word == "<<") return "merge keys are not supported; write the keys out";
    auto const near = closest(word, known);
    return near.empty() ? fmt::format("is unknown; allowed here: {}", list_of(known))
                        : fmt::format("is unknown; did you mean {}?", near);
}

} // namespace

std::string closest(std::string_view word, std::vector<std::string> const& words)
{
    if (word.empty() || word.size() > longest_word) return {};
    std::string best;
    auto least = std::min<std::size_t>(2, word.size() / 2) + 1;
    for (auto const& one : words) {
        auto const difference = std::max(word.size(), one.size()) - std::min(word.size(), one.size());
        if (auto const far = difference < least ? distance(word, one) : least; far < least) {
            least = far;
            best = one;
        }
    }
    return best;
}

namespace detail {

bool is_mapping(reading& r, spot const& at)
{
    if (at.value->is == node::kind::mapping) return true;
    r.complain(at, at.value->is == node::kind::null ? "is empty; a mapping of keys and values is wanted"
                                                    : "is not a mapping; keys and values are wanted");
    return false;
}

// The first of two wins, and both lines are told: most often the second was pasted.
std::map<std::string, node const*> members_of(reading& r, spot const& at, std::vector<std::string> const* known)
{
    std::map<std::string, node const*> found;
    for (auto const& child : at.value->children) {
        auto const path = path_of(at, child.key);
        if (known && std::ranges::find(*known, child.key) == known->end())
            r.complain(child.key_at, path, advice(child.key, *known));
        else if (auto const [first, fresh] = found.emplace(child.key, &child); !fresh)
            r.complain(child.key_at, path,
                       fmt::format("is given twice; it stands in line {} already", first->second->key_at.line));
    }
    return found;
}

// A list of one may be written without brackets, so a scalar is its own only element.
std::vector<spot> elements_of(reading& r, spot const& at, bool may_be_empty)
{
    if (at.value->is == node::kind::scalar) return {at};
    if (at.value->is != node::kind::sequence) {
        r.complain(at,
                   at.value->is == node::kind::null ? "is empty; a list is wanted" : "a mapping stands where a list is wanted");
        return {};
    }
    if (at.value->children.empty() && !may_be_empty) r.complain(at, "is an empty list; at least one entry is wanted");
    std::vector<spot> out;
    out.reserve(at.value->children.size());
    for (std::size_t i = 0; i < at.value->children.size(); ++i) out.push_back(at.element(i));
    return out;
}

bool is_name(reading& r, spot const& member)
{
    auto const fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    auto const& name = member.value->key;
    if (!name.empty() && name.size() <= 64 && std::ranges::all_of(name, fits)) return true;
    r.complain(member.value->key_at, member.path, "is no name; letters, digits, _ and - are allowed, at most 64 of them");
    return false;
}

std::optional<yett::secret> secret_from_file(reading& r, spot const& at)
{
    auto const name = read_value(r, at, text());
    if (!name) return std::nullopt;
    auto held = read_secret(r.resolve(*name), r.around());
    if (!held) {
        r.complain(at, held.error().note());
        return std::nullopt;
    }
    return std::move(*held);
}

std::string with_article(std::string_view word)
{
    auto const vowel = std::string_view{"aeio"}.find(word.front()) != std::string_view::npos;
    return fmt::format("{} {}", word == "text" ? "some" : vowel ? "an" : "a", word);
}

} // namespace detail
} // namespace yett::config
