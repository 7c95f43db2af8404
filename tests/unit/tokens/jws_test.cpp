#include "gateway/tokens/jws.hpp"

#include "gateway/base/text/base64url.hpp"
#include "tests/support/counted_checks.hpp"
#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

std::string code_of(error const& why)
{
    return std::string{name_of(why.code())} + ": " + why.note();
}

// What became of a header, given as its text.
std::string came_to(std::string const& text)
{
    auto const read = read_header(base64url_encode(text));
    return read ? "read" : code_of(read.error());
}

} // namespace

TEST_CASE("jws: a token is three parts between two dots, and its header is not empty")
{
    struct
    {
        std::string token;
        char const* header; // null: refused
        char const* payload;
        char const* signature;
    } const rows[] = {
        {"a.b.c", "a", "b", "c"},    {"aa.bb.cc", "aa", "bb", "cc"}, {"a..", "a", "", ""},         {"a.b.", "a", "b", ""},
        {"a..c", "a", "", "c"},      {"", nullptr, "", ""},          {"a", nullptr, "", ""},       {"a.b", nullptr, "", ""},
        {"..", nullptr, "", ""},     {".b.c", nullptr, "", ""},      {"a.b.c.d", nullptr, "", ""}, {"a.b.c.d.e", nullptr, "", ""},
        {"a.b.c.", nullptr, "", ""},
    };
    for (auto const& row : rows) {
        CAPTURE(row.token);
        auto const parts = split_compact(row.token);
        CHECK(parts.has_value() == (row.header != nullptr));
        if (!parts) CHECK(parts.error() == errc::token_malformed);
        if (!parts || !row.header) continue;
        CHECK(parts->header == row.header);
        CHECK(parts->payload == row.payload);
        CHECK(parts->signature == row.signature);
        CHECK(parts->signed_text == std::string{row.header} + "." + row.payload);
    }
}

TEST_CASE("jws: how long a token may be is said before anything is looked at")
{
    auto const token = "a." + std::string(100, 'b') + ".c";
    CHECK(split_compact(token, 104));
    auto const refused = split_compact(token, 103);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().note() == "the token is longer than tokens.most_bytes");
    CHECK_FALSE(split_compact(std::string(max_token_bytes + 1, '.')));
}

TEST_CASE("jws: what a header says, and what is none")
{
    struct
    {
        std::string text;
        char const* came_to;
    } const rows[] = {
        {R"({"alg":"ES256"})", "read"},
        {R"({"alg":"ES256","kid":"k1","typ":"JWT"})", "read"},
        {R"({"alg":"ES256","cty":"JWT","x5c":["..."],"jku":"https://evil.example","jwk":{}})", "read"},
        {R"({"alg":"Ed25519"})", "read"},
        {R"({"alg":"none"})", "token_untrusted: `alg` is none of ours"},
        {R"({"alg":"None"})", "token_untrusted: `alg` is none of ours"},
        {R"({"alg":"es256"})", "token_untrusted: `alg` is none of ours"},
        {R"({"alg":""})", "token_untrusted: `alg` is none of ours"},
        {R"({"alg":null})", "token_malformed: `alg` is missing or not a text"},
        {R"({"alg":256})", "token_malformed: `alg` is missing or not a text"},
        {R"({"alg":["ES256"]})", "token_malformed: `alg` is missing or not a text"},
        {R"({})", "token_malformed: `alg` is missing or not a text"},
        {R"({"alg":"ES256","alg":"ES256"})", "token_malformed: the header is not a strict JSON object"},
        {R"(["ES256"])", "token_malformed: the header is not a strict JSON object"},
        {R"({"alg":"ES256"} )", "read"},
        {R"({"alg":"ES256"}x)", "token_malformed: the header is not a strict JSON object"},
        {R"("ES256")", "token_malformed: the header is not a strict JSON object"},
        {R"({"alg":"ES256","crit":[]})", "token_malformed: `crit` names extensions"},
        {R"({"alg":"ES256","crit":["exp"]})", "token_malformed: `crit` names extensions"},
        {R"({"alg":"ES256","b64":true})", "token_malformed: `b64` asks for another encoding"},
        {R"({"alg":"ES256","b64":false})", "token_malformed: `b64` asks for another encoding"},
        {R"({"alg":"ES256","kid":7})", "token_malformed: `kid` is not a text"},
        {R"({"alg":"ES256","kid":")" + std::string(256, 'k') + "\"}", "read"},
        {R"({"alg":"ES256","kid":")" + std::string(257, 'k') + "\"}", "token_untrusted: `kid` is too long"},
        {R"({"alg":"ES256","typ":7})", "token_malformed: `typ` is not a text"},
        {R"({"alg":"ES256","typ":")" + std::string(64, 't') + "\"}", "read"},
        {R"({"alg":"ES256","typ":")" + std::string(65, 't') + "\"}", "token_untrusted: `typ` is too long"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.text);
        CHECK(came_to(row.text) == row.came_to);
        CHECK_MESSAGE(came_to(row.text) == row.came_to, "the same again, when it was seen lately");
    }
    CHECK_FALSE(read_header("a+b/"));
    CHECK_FALSE(read_header(""));
}

TEST_CASE("jws: what others may write and we do not is marked, and read all the same")
{
    struct
    {
        std::string encoded;
        std::optional<errc> foreign;
        bool has_kid;
    } const rows[] = {
        {base64url_encode(R"({"alg":"ES256","kid":"k"})"), {}, true},
        {base64url_encode(R"({"alg":"ES256"})"), {}, false},
        {base64url_encode(R"({"alg":"ES256","kid":""})"), errc::token_untrusted, false},
        {base64url_encode(R"({"alg":"ES256","kid":null})"), errc::token_malformed, false},
        {base64url_encode(R"({"alg":"ES256","typ":null})"), errc::token_malformed, false},
        {base64url_encode(R"({"alg":"Ed25519"})"), errc::token_untrusted, false},
        {base64url_encode(R"({"alg":"EdDSA"})"), {}, false},
        {base64url_encode(R"({"alg":"ES256" })") + "==", errc::token_malformed, false},
    };
    for (auto const& row : rows) {
        CAPTURE(row.encoded);
        auto const header = read_header(row.encoded);
        REQUIRE(header);
        CHECK((*header)->foreign == row.foreign);
        CHECK((*header)->has_kid == row.has_kid);
    }
}

TEST_CASE("jws: a type is compared without case and without application/")
{
    struct
    {
        char const* text;
        char const* type;
    } const rows[] = {
        {"JWT", "jwt"},
        {"at+jwt", "at+jwt"},
        {"application/at+JWT", "at+jwt"},
        {"Application/JWT", "jwt"},
        {"application/", ""},
        {"application/application/jwt", "application/jwt"},
        {"x-application/jwt", "x-application/jwt"},
        {"", ""},
    };
    for (auto const& row : rows) CHECK(normalised_type(row.text) == row.type);
}

TEST_CASE("jws: which key may be asked about a token")
{
    auto const& key = test_key();
    jws_header header;
    struct
    {
        algorithm alg;
        std::optional<std::string> kid;
        bool may;
    } const rows[] = {
        {algorithm::es256, {}, true},         {algorithm::es256, key.kid(), true},
        {algorithm::es256, "another", false}, {algorithm::es256, key.kid() + "x", false},
        {algorithm::es384, {}, false},        {algorithm::hs256, key.kid(), false},
    };
    for (auto const& row : rows) {
        header.alg = row.alg;
        header.has_kid = row.kid.has_value();
        header.kid = row.kid.value_or("");
        CHECK(may_have_signed(key.verification(), header) == row.may);
    }
}

TEST_CASE("jws: at most four keys are asked about one token")
{
    auto const token = a_token().without_header("kid").text();
    auto const parts = *split_compact(token);
    auto const& header = **read_header(parts.header);
    std::vector<verification_key> keys;
    for (int i = 0; i < 4; ++i) keys.push_back(signing_key::generate(algorithm::es256)->verification());
    auto const signer = [&] { return find_signer(parts, header, keys); };
    CHECK(code_of(signer().error()) == "token_untrusted: the signature is not by a known key");
    keys.push_back(test_key().verification());
    CHECK_MESSAGE(!signer(), "the fifth that fits is not asked");
    keys.erase(keys.begin());
    REQUIRE(signer());
    CHECK(*signer() == &keys.back());
    keys.insert(keys.begin(), test_key(algorithm::eddsa).verification());
    CHECK_MESSAGE(signer(), "what does not fit does not count");
    CHECK(code_of(find_signer(parts, header, {}).error()) == "token_untrusted: no key fits `alg` and `kid`");
}

TEST_CASE("jws: each key that is asked is paid for, and all of them come back when one of them signed")
{
    auto const token = a_token().without_header("kid").text();
    auto const parts = *split_compact(token);
    auto const& header = **read_header(parts.header);
    std::vector<verification_key> others;
    for (int i = 0; i < 3; ++i) others.push_back(signing_key::generate(algorithm::es256)->verification());
    auto all = others;
    all.push_back(test_key().verification());
    all.insert(all.begin(), test_key(algorithm::eddsa).verification());
    struct
    {
        char const* what;
        std::vector<verification_key> const& keys;
        int purse;
        int left;
        char const* outcome;
    } const rows[] = {
        {"none of three signed", others, 10, 7, "token_untrusted: the signature is not by a known key"},
        {"the last of four did, and one that does not fit is not asked", all, 10, 10, ""},
        {"just enough", all, 4, 4, ""},
        {"too little: what was asked is spent", all, 3, 0, "rate_limited: nothing is left"},
        {"nothing", all, 0, 0, "rate_limited: nothing is left"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.what);
        counted_checks pays{row.purse};
        auto const signer = find_signer(parts, header, row.keys, dialect::ours, pays);
        CHECK((signer ? "" : code_of(signer.error())) == row.outcome);
        CHECK(pays.left == row.left);
    }
}

TEST_CASE("jws: what is signed is read back with the header of its key")
{
    for (auto const alg : {algorithm::es256, algorithm::eddsa, algorithm::rs256}) {
        CAPTURE(name_of(alg));
        auto const& key = test_key(alg);
        auto const token = sign_compact(key, "at+jwt", R"({"sub":"ada"})");
        REQUIRE(token);
        auto const parts = split_compact(*token);
        REQUIRE(parts);
        auto const header = read_header(parts->header);
        REQUIRE(header);
        CHECK((*header)->alg == alg);
        CHECK((*header)->kid == key.kid());
        CHECK((*header)->type == "at+jwt");
        CHECK_FALSE((*header)->foreign);
        CHECK(base64url_decode(parts->payload) == R"({"sub":"ada"})");
        std::vector const keys{key.verification()};
        CHECK(find_signer(*parts, **header, keys));
    }
}
