#include "gateway/http/path_spelling.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett::http;

namespace {

// "canonical", "other slash", "refused", "canonical double_escape".
std::string finding_of(std::string_view path)
{
    auto const found = inspect_path(path);
    if (found.how == spelling::refused) return "refused";
    std::string text = found.how == spelling::canonical ? "canonical" : "other";
    if (found.encoded_slash) text += " slash";
    constexpr std::pair<doubt, char const*> doubts[] = {
        {doubt::double_escape, " double_escape"}, {doubt::segment_end, " segment_end"}, {doubt::stream, " stream"},
        {doubt::empty_segment, " empty_segment"}, {doubt::parameter, " parameter"},     {doubt::backslash, " backslash"},
        {doubt::raw_bytes, " raw_bytes"}};
    for (auto const& [which, name] : doubts)
        if (found.doubts.has(which)) text += name;
    return text;
}

} // namespace

TEST_CASE("path_spelling: what one scan finds")
{
    struct
    {
        std::string path;
        char const* finding;
    } const rows[] = {
        {"/", "canonical"},
        {"/a/b", "canonical"},
        {"/a/b/", "canonical"},
        {"/-_~!$&'()*+,=@", "canonical"},
        {"/a:b", "canonical"},
        {"/.hidden", "canonical"},
        {"/a.b/..c", "canonical"},
        {"/...", "canonical segment_end"},
        {"/a.", "canonical segment_end"},
        {"/a./b", "canonical segment_end"},
        {"/a.%2Fb", "canonical slash segment_end"},
        {"/.", "other"},
        {"/..", "other"},
        {"/a/../b", "other"},
        {"/a/./b", "other"},
        {"/a/..", "other"},
        {"/..%2Fa", "refused"},
        {"/a%2F..", "refused"},
        {"/a%2f../b", "refused"},
        {"/.%2fa", "refused"},
        {"/a%2F..b", "canonical slash"},
        {"//", "canonical empty_segment"},
        {"/a//b", "canonical empty_segment"},
        {"/a;b", "canonical parameter"},
        {"/a;b=c/d", "canonical parameter"},
        {"/a::b", "canonical stream"},
        {"/a:$DATA", "canonical stream"},
        {"/a%3A%3Ab", "canonical stream"},
        {"/a:%24x", "canonical stream"},
        {"/a%3Ab", "canonical"},
        {"/a%20", "canonical segment_end"},
        {"/a%3Bb", "canonical segment_end"},
        {"/a%3Fb", "canonical segment_end"},
        {"/a%23b", "canonical segment_end"},
        {"/a%2Fb", "canonical slash"},
        {"/a%2fb", "other slash"},
        {"/a%5Cb", "canonical backslash"},
        {"/a%5cb", "other backslash"},
        {"/a%25b", "canonical"},
        {"/a%252F", "canonical double_escape"},
        {"/a%2541", "canonical double_escape"},
        {"/a%25zz", "canonical"},
        {"/%41", "other"},
        {"/%7E", "other"},
        {"/%2D", "other"},
        {"/a\"b", "other"},
        {"/a<b>", "other"},
        {"/a|b", "other"},
        {"/a{b}", "other"},
        {"/a^b`c", "other"},
        {"/caf\xc3\xa9", "other raw_bytes"},
        {"/\xf0\x9f\x98\x80", "other raw_bytes"},
        {"/\xe2\x82\xac", "other raw_bytes"},
        {"/caf%C3%A9", "canonical"},
        {"/a\\b", "refused"},
        {"/a#b", "refused"},
        {"/a b", "refused"},
        {"/a\tb", "refused"},
        {"/a\x7f", "refused"},
        {"/%", "refused"},
        {"/%4", "refused"},
        {"/%zz", "refused"},
        {"/%00", "refused"},
        {"/%0d%0a", "refused"},
        {"/%1F", "refused"},
        {"/%7F", "refused"},
        {"/%C0%AF", "refused"},
        {"/%c1%9c", "refused"},
        {"/%E0%80%AF", "refused"},
        {"/%F0%80%80%AF", "refused"},
        {"/%E0%A0%80", "canonical"},
        {"/\xc0\xaf", "refused"},
        {"/\xe0\x80\xaf", "refused"},
        {"/\xed\xa0\x80", "refused"},
        {"/\xf4\x90\x80\x80", "refused"},
        {"/\xc3", "refused"},
        {"/\xc3(", "refused"},
        {"/\x80", "refused"},
        {"/\xff", "refused"},
        {"/\xc2\x85", "refused"},
        {"/\xe2\x82", "refused"},
        {"/\xf0\x9f\x98", "refused"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.path);
        CHECK(finding_of(row.path) == row.finding);
    }
}

TEST_CASE("path_spelling: the canonical escapes, and nothing else")
{
    struct
    {
        char const* path;
        char const* canonical;
    } const rows[] = {
        {"/a", "/a"},
        {"/%41%62", "/Ab"},
        {"/%7e%2d%5f%2E", "/~-_."},
        {"/%2f", "/%2F"},
        {"/a%c3%a9", "/a%C3%A9"},
        {"/a\"b", "/a%22b"},
        {"/<>", "/%3C%3E"},
        {"/\xc3\xa9", "/%C3%A9"},
        {"/%25%32%35", "/%2525"},
        {"/a;b::c", "/a;b::c"},
        {"/!$&'()*+,=@:", "/!$&'()*+,=@:"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.path);
        CHECK(with_canonical_escapes(row.path) == row.canonical);
        CHECK(with_canonical_escapes(with_canonical_escapes(row.path)) == row.canonical);
    }
}

TEST_CASE("path_spelling: dot segments go, and going up from the root is told")
{
    struct
    {
        char const* path;
        char const* without;
        bool left_the_root;
    } const rows[] = {
        {"/", "/", false},           {"/a/b", "/a/b", false},    {"/a/./b", "/a/b", false},  {"/a/../b", "/b", false},
        {"/a/b/..", "/a/", false},   {"/a/b/.", "/a/b/", false}, {"/a/b/../", "/a/", false}, {"/a/b/c/../../d", "/a/d", false},
        {"/.", "/", false},          {"/..", "/", true},         {"/../a", "/a", true},      {"/a/../../b", "/b", true},
        {"/a/..", "/", false},       {"/a/../..", "/", true},    {"/...", "/...", false},    {"/a/..b/.c", "/a/..b/.c", false},
        {"/a//../b", "/a/b", false}, {"//", "//", false},
    };
    for (auto const& row : rows) {
        CAPTURE(row.path);
        auto const done = without_dot_segments(row.path);
        CHECK(done.path == row.without);
        CHECK(done.changed == (std::string{row.path} != row.without));
        CHECK(done.left_the_root == row.left_the_root);
    }
}

TEST_CASE("path_doubts: which of them not every rule lets through")
{
    for (auto const d : {doubt::double_escape, doubt::segment_end, doubt::stream}) {
        path_doubts doubts;
        doubts.add(d);
        CHECK(doubts.any());
        CHECK_FALSE(doubts.needs_leave());
    }
    for (auto const d : {doubt::empty_segment, doubt::parameter, doubt::backslash, doubt::raw_bytes}) {
        path_doubts doubts;
        doubts.add(d);
        CHECK(doubts.needs_leave());
        path_doubts more;
        more.add(doubt::stream);
        more.add(doubts);
        CHECK(more.has(d));
        CHECK(more.has(doubt::stream));
    }
    CHECK_FALSE(path_doubts{}.any());
}
