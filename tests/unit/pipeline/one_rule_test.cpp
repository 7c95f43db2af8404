#include "tests/unit/pipeline/way_of.hpp"

using namespace yett;
using namespace yett::tests;

TEST_CASE("one rule: by default a path passes where each of its readings finds the same rule")
{
    auto const rules = table_of({rule("admin", "/admin/**"), rule("public", "/public/**"), rule("general", "/**")});
    struct
    {
        char const* sent;
        char const* way;
    } const rows[] = {
        // Of the specification.
        {"/wiki/100%25Deal", "general"},
        {"/%2561dmin", "refused: path read with escapes decoded again finds admin instead of general"},
        {"/x/%252e%252e/admin", "refused: path read with escapes decoded again finds admin instead of general"},
        {"/%252e%252e/x", "refused: path read with escapes decoded again: it climbs above the root"},
        {"/public/..%20/admin/x", "refused"},
        {"/public/..%3b/admin", "refused"},
        {"/public/..%3fadmin/x", "refused"},
        {"/public/..%23/", "refused"},
        {"/admin%20/x", "refused"},
        {"/admin.", "refused: path read with dots and blanks cut finds admin instead of general"},
        {"/admin::$DATA", "refused: path read with '::' cut finds admin instead of general"},
        {"/ADMIN/x", "general"},
        // Siblings.
        {"/wiki/What%3F", "general"},
        {"/public/my%20holiday%20photos.", "public"},
        {"/admin/a%20b", "admin"},
        {"/hosts/fe80::1", "general"},
        {"/public/%25252e%25252e/admin", "refused"},
        {"/public%2520/../admin%2520", "refused"},
        {"/admin%3f/public", "refused"},
        {"/admin%20%20..", "refused"},
        {"/admin:$i30:$INDEX_ALLOCATION/x", "refused"},
        {"/public/..%2520%252e/admin", "refused"},
        {"/public/a%252f/%252e%252e", "refused: path read with escapes decoded again: dot segments take an escaped slash away"},
        {"/public/x%25252F%252e/%25252e%25252e/y", "refused"},
        {"/admin/b/c%252F%3bv/%252e%252e/d", "refused"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.sent);
        auto const way = way_of(rules, row.sent);
        if (std::string_view{row.way} == "refused") CHECK_MESSAGE(way.starts_with("refused: path read with "), way);
        else CHECK(way == row.way);
    }
}

TEST_CASE("one rule: what ends a segment to one server is a part of its name to another")
{
    auto const rules = table_of({rule("item", "/shop/{id}"), rule("general", "/**")});
    for (auto const* sent : {"/shop/%3b/%20.", "/shop/%3b/x%20y", "/shop/%3f/x%3bv", "/shop/%23/x%3f", "/shop/%20/a%23b",
                             "/shop/a%3f/b%20c", "/shop/a%23/b%3bc"}) {
        CAPTURE(sent);
        CHECK(way_of(rules, sent).starts_with("refused: path read with "));
    }
    for (auto const* sent : {"/shop/a%3b/b%20c", "/shop/a%20b/c%3bd%23e", "/x/%3b/%20"}) CHECK(way_of(rules, sent) == "general");
    CHECK(way_of(rules, "/shop/a%20b%3bc") == "item");
}

TEST_CASE("one rule: what needs leave is refused as ever where the rule is strict")
{
    auto const rules = table_of({rule("public", "/public/**"), rule("general", "/**")});
    for (auto const& [sent, what] : {std::pair{"//api/v1/info", "//"},
                                     {"/public//x", "//"},
                                     {"/x;y", "';'"},
                                     {"/;", "';'"},
                                     {"/a%5Cb", "%5C"},
                                     {"/a%5cb", "%5C"},
                                     {"/caf\xc3\xa9", "bytes that are not escaped"}}) {
        CAPTURE(sent);
        auto const way = way_of(rules, sent);
        CHECK(way.starts_with("refused: " + std::string{what} + " in a path, and "));
        CHECK(way.ends_with(" does not say paths: lenient"));
    }
    CHECK(way_of(rules, "/a%255Cb") == "refused: path read with escapes decoded again: it holds %5C");
    CHECK(is_refused(table_of({rule("a", "/a")}), "/b//c"));
}

TEST_CASE("one rule: a lenient rule takes what all readings give to it")
{
    auto const rules = table_of({rule("admin", "/admin/**"), lenient(rule("api", "/api/**")), lenient(rule("files", "/files/**")),
                                 lenient(rule("rest", "/**"))});
    for (auto const& [sent, way] : {std::pair{"/files/a//b", "files"},
                                    {"/files/a;v=1/b", "files"},
                                    {"/files/a%5Cb", "files"},
                                    {"/files/caf\xc3\xa9", "files"},
                                    {"/files/caf\xc3\xa9;x//y%5Cz%25De.", "files"},
                                    {"//other", "rest"},
                                    {"/x;y", "rest"}})
        CHECK(way_of(rules, sent) == way);
    for (auto const* sent : {"//api/v1/info", "//admin", "/;/admin", "/admin;x", "/files/..;/admin", "/files/..%5Cadmin",
                             "/files%5C../admin", "/%5Cadmin", "/x//../admin", "/files/;/../../admin", "/files/..%5C;x/admin",
                             "/files/..%255cadmin", "/files/..%253b/admin"})
        CHECK_MESSAGE(is_refused(rules, sent), sent);
    // Never admitted by any rule.
    for (auto const* sent :
         {"/files/%00", "/files/a%2500", "/files/%zz", "/files/a\\b", "/files/\xff", "/files/%0a", "/files/%250a"})
        CHECK_MESSAGE(is_refused(rules, sent), sent);
}

TEST_CASE("one rule: an escaped slash counts as the rule says at any depth")
{
    auto const rules = table_of({with_encoded_slash(rule("git", "/git/**")), rule("admin", "/admin/**"), rule("general", "/**")});
    for (auto const& [sent, way] : {std::pair{"/git/feature%2Fx", "git"},
                                    {"/git/feature%252Fx", "git"},
                                    {"/git/feature%25252fx", "git"},
                                    {"/feature%252Fx", "refused: path read with escapes decoded again holds an encoded slash"}})
        CHECK(way_of(rules, sent) == way);
    for (auto const* sent : {"/git/..%252fadmin", "/git/..%25252fadmin", "/git/..%20%2fadmin", "/git%252f..%252fadmin"})
        CHECK_MESSAGE(is_refused(rules, sent), sent);
}

TEST_CASE("one rule: double_encoding: allow leaves out decoding again, and nothing else")
{
    auto const rules =
        table_of({rule("admin", "/wiki/admin/**"), decoding_once(rule("wiki", "/wiki/**")), rule("general", "/**")});
    for (auto const& [sent, way] : {std::pair{"/wiki/%2561dmin", "wiki"},
                                    {"/wiki/a%252Fb", "wiki"},
                                    {"/wiki/a%2500", "wiki"},
                                    {"/%2561", "general"},
                                    {"/%2577iki", "refused: path read with escapes decoded again finds wiki instead of general"}})
        CHECK(way_of(rules, sent) == way);
    CHECK(is_refused(rules, "/wiki/admin%20"));
}

TEST_CASE("one rule: match.case: insensitive folds each reading")
{
    auto const rules = table_of({in_any_case(rule("admin", "/Admin/**")), rule("exact", "/page"), rule("general", "/**")});
    for (auto const& [sent, way] :
         {std::pair{"/ADMIN/x", "admin"},
          {"/admin", "admin"},
          {"/aDmIn/", "admin"},
          {"/adm\xc4\xb1n", "refused: bytes that are not escaped in a path, and admin does not say paths: lenient"},
          {"/adm%C4%B1n/x", "admin"},
          {"/PAGE", "general"}})
        CHECK(way_of(rules, sent) == way);
    for (auto const* sent : {"/ADMIN%20/x", "/%2541DMIN", "/public/..%20/aDMIN", "/ADMIN.", "/Admin::$data"})
        CHECK_MESSAGE(is_refused(rules, sent), sent);
}

TEST_CASE("one rule: what a rule spells itself is not read otherwise")
{
    auto const rules = table_of({rule("shared", "/Shared%20Documents/**"), rule("general", "/**")});
    CHECK(way_of(rules, "/Shared%20Documents/x") == "shared");
    CHECK(way_of(rules, "/Shared%20Documents/a%20b") == "shared");
    CHECK(is_refused(rules, "/Shared%20Documents/..%20/x"));
    CHECK(is_refused(rules, "/Shared%20Documents%20/x"));
    CHECK(way_of(rules, "/Shared/x%20") == "general");
}

TEST_CASE("one rule: a path that nothing matches stays one, unless a reading finds something")
{
    auto const rules = table_of({rule("admin", "/admin/**")});
    CHECK(way_of(rules, "/other.") == "no rule");
    CHECK(way_of(rules, "/100%25Deal") == "no rule");
    CHECK(way_of(rules, "/admin.") == "refused: path read with dots and blanks cut finds admin instead of no rule");
    CHECK(is_refused(rules, "/other;x"));
}

TEST_CASE("one rule: whom a proxy names by what is no address is of no network, not of the proxy's")
{
    http::parsed const p{http::request("GET /x HTTP/1.1")};
    auto const where = http::target::from(*p.h);
    pipeline::client sender;
    sender.address = *parse_ip("10.0.0.1");
    CHECK(pipeline::question_about("GET", *where, sender).client == sender.address);
    sender.unreadable = true;
    CHECK(pipeline::question_about("GET", *where, sender).client == ip_address{});
}
