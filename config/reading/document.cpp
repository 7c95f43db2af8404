#include "config/reading/document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

// YAML knows more than a configuration needs, and each of its extras has surprised somebody:
// anchors that expand to gigabytes (depth, size and the length of keys are bounded), tags that make
// an object of a text, `no` that is a boolean. So the parser's events are taken one by one, what is
// not a plain mapping, list or scalar is a flaw, and every scalar stays text: what it means is the
// business of the key it stands under.
//
// Positions are the other half. Each node knows where it began, and a member where its key stands,
// since a complaint about a missing value points there. yaml-cpp counts neither a byte order mark
// nor the `\r` of a line end, hence `normalised` before all.
//
// Flaws come in two weights. With some of them the rest of the tree is still read, so that an
// operator sees all complaints at once. What leaves nothing to go on with (`broken_`, or an
// exception of the parser) makes the document incomplete, and nobody looks into it.

namespace yett::config {
namespace {

constexpr std::size_t most_bytes = 1 << 20;
constexpr std::size_t most_levels = 24;
constexpr std::size_t longest_key = 128;

node make_node(node::kind is, mark at, std::string text = {})
{
    return {is, at, std::move(text), {}, {}, {}};
}

mark from(YAML::Mark const& m)
{
    return m.is_null() ? mark{} : mark{m.line + 1, m.column + 1};
}

// Length of the UTF-8 sequence at `at` (RFC 3629 section 4), 0 when there is none.
std::size_t sequence_length(std::string_view text, std::size_t at)
{
    auto const byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
    auto const tail = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
    auto const first = byte(0);
    auto const second = byte(1);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first < 0xE0) return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first < 0xF0) {
        auto const overlong = first == 0xE0 && second < 0xA0;
        auto const surrogate = first == 0xED && second > 0x9F;
        return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
    }
    auto const overlong = first == 0xF0 && second < 0x90;
    auto const beyond = first == 0xF4 && second > 0x8F;
    return first >= 0xF0 && first < 0xF5 && tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
}

bool is_control(char c)
{
    return (c >= 0 && c < ' ') || c == '\x7f';
}

// Finds what yaml-cpp would quietly drop or replace.
std::vector<flaw> check_characters(std::string_view text)
{
    mark at;
    for (std::size_t i = 0; i < text.size();) {
        auto const length = sequence_length(text, i);
        if (length == 0) return {{at, "this byte is not UTF-8"}};
        if (is_control(text[i]) && text[i] != '\n' && text[i] != '\t') return {{at, "control characters are not allowed"}};
        at = text[i] == '\n' ? mark{at.line + 1, 1} : mark{at.line, at.column + static_cast<int>(length)};
        i += length;
    }
    return {};
}

// One spelling of line ends, and no byte order mark: yaml-cpp's positions count neither.
std::string normalised(std::string_view text)
{
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
        if (!text.substr(i).starts_with("\r\n")) out += text[i];
    return out;
}

// yaml-cpp takes the end of the text for the end of a quoted scalar.
bool is_closed(std::string_view quoted)
{
    auto const quote = quoted.front();
    for (std::size_t i = 1; i < quoted.size(); ++i) {
        bool const escapes = quote == '"' ? quoted[i] == '\\' : quoted.substr(i).starts_with("''");
        if (escapes) ++i;
        else if (quoted[i] == quote) return true;
    }
    return false;
}

// Puts nodes together from events. A collection is finished before it is added to the one around
// it, so that the depth of the stack is the depth of the document and nothing here calls itself.
class builder final : public YAML::EventHandler
{
public:
    builder(std::string_view text, document& out) : text_{text}, out_{out} {}

    void OnDocumentStart(YAML::Mark const& at) override
    {
        if (std::exchange(started_, true)) throw YAML::ParserException{at, "a second document begins here; one is allowed"};
    }
    void OnDocumentEnd() override {}
    void OnNull(YAML::Mark const& at, YAML::anchor_t anchor) override { put(make_node(node::kind::null, from(at)), "?", anchor); }
    void OnAlias(YAML::Mark const& at, YAML::anchor_t) override
    {
        refuse(from(at), "aliases are not supported; write the value out");
        put(make_node(node::kind::null, from(at)), "?", YAML::NullAnchor);
    }
    void OnScalar(YAML::Mark const& at, std::string const& tag, YAML::anchor_t anchor, std::string const& value) override
    {
        auto const begin = static_cast<std::size_t>(at.pos);
        if (tag == "!" && begin < text_.size() && (text_[begin] == '"' || text_[begin] == '\'') &&
            !is_closed(text_.substr(begin)))
            refuse(from(at), "this quote is never closed");
        put(make_node(node::kind::scalar, from(at), value), tag, anchor);
    }
    void OnSequenceStart(YAML::Mark const& at, std::string const& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override
    {
        open(at, node::kind::sequence, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(YAML::Mark const& at, std::string const& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override
    {
        open(at, node::kind::mapping, tag, anchor);
    }
    void OnMapEnd() override { close(); }

private:
    // A collection whose end has not been seen, and the key that waits for its value.
    struct unfinished
    {
        node value;
        bool has_key = false;
        std::string key;
        mark key_at;
    };

    // For what leaves nothing to go on with.
    void refuse(mark at, std::string text)
    {
        out_.flaws.push_back({at, std::move(text)});
        broken_ = true;
    }

    void check(mark at, std::string const& tag, YAML::anchor_t anchor)
    {
        if (anchor != YAML::NullAnchor)
            out_.flaws.push_back({at, "anchors are not supported; write the value out where it is needed"});
        if (tag != "?" && tag != "!" && !tag.empty())
            out_.flaws.push_back({at, "tags are not supported; the key decides what a value is"});
    }

    void open(YAML::Mark const& at, node::kind is, std::string const& tag, YAML::anchor_t anchor)
    {
        check(from(at), tag, anchor);
        if (open_.size() == most_levels)
            throw YAML::ParserException{at, fmt::format("nested deeper than {} levels", most_levels)};
        open_.push_back({make_node(is, from(at)), false, {}, {}});
    }

    void close()
    {
        auto done = std::move(open_.back().value);
        open_.pop_back();
        add(std::move(done));
    }

    void put(node value, std::string const& tag, YAML::anchor_t anchor)
    {
        check(value.at, tag, anchor);
        add(std::move(value));
    }

    void add(node value)
    {
        if (open_.empty()) {
            out_.root = std::move(value);
            out_.complete = !broken_;
            return;
        }
        auto& parent = open_.back();
        if (parent.value.is == node::kind::mapping && !parent.has_key) {
            take_key(parent, value);
            return;
        }
        value.key = std::exchange(parent.key, {});
        value.key_at = parent.key_at;
        // yaml-cpp puts what is missing where the next line begins.
        if (value.is == node::kind::null && parent.value.is == node::kind::mapping) value.at = parent.key_at;
        parent.has_key = false;
        parent.value.children.push_back(std::move(value));
    }

    void take_key(unfinished& parent, node const& key)
    {
        if (key.is != node::kind::scalar || key.text.size() > longest_key || std::ranges::any_of(key.text, is_control))
            refuse(key.at, "a key must be a plain word");
        parent.has_key = true;
        parent.key = key.text;
        parent.key_at = key.at;
    }

    std::string_view text_;
    document& out_;
    std::vector<unfinished> open_;
    bool started_ = false;
    bool broken_ = false;
};

// The usual reason is a ${NAME} between braces.
std::string explained(std::string const& message)
{
    auto const flow = message.find("flow") != std::string::npos;
    return fmt::format("{}{}", message, flow ? "; put quotes around a value that holds any of , [ ] { }" : "");
}

void parse(std::string const& text, document& out)
{
    std::istringstream stream{text};
    try {
        YAML::Parser parser{stream};
        builder tree{text, out};
        auto const found = parser.HandleNextDocument(tree);
        if (!found || (out.complete && out.root.is != node::kind::mapping)) {
            out.complete = false;
            out.flaws.push_back({out.root.at, "there are no keys; the smallest file has version, upstreams and routes"});
            return;
        }
        parser.HandleNextDocument(tree);
    } catch (YAML::Exception const& e) {
        out.flaws.push_back({from(e.mark), explained(e.msg)});
    }
}

} // namespace

document read_document(std::string_view text)
{
    document out;
    if (text.size() > most_bytes) {
        out.flaws.push_back({{}, "larger than 1MiB"});
        return out;
    }
    auto const clean = normalised(text);
    out.flaws = check_characters(clean);
    if (out.flaws.empty()) parse(clean, out);
    return out;
}

} // namespace yett::config
