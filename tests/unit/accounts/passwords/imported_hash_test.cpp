#include "gateway/accounts/passwords/imported_hash.hpp"

#include "gateway/accounts/passwords/password.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace yett;
using namespace yett::accounts;
using tests::run;

namespace {

constexpr std::size_t room = std::size_t{128} << 20;

struct published
{
    char const* password;
    char const* hash;
    bool weak = false;
};

// RFC 6070, RFC 7914, the documentation and tests of passlib, Django, Apache, glibc, phpass,
// hashcat and libxcrypt.
constexpr published known[]{
    {"password", "pbkdf2_sha1$4096$salt$SwB5AbdlSJq+rUnZJvch0GWkKcE="},
    {"password", "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE"},
    {"Password",
     "pbkdf2_sha256$80000$NaCl$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybMXaicr3ruh0HhHj2Kzl/M8jQ=="},
    {"Password", "pbkdf2:sha256:80000$NaCl$4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56a1d425a1225833549adb84"
                 "1b51c9b3176a272bdebba1d078478f62b397f33c8d"},
    {"Password",
     "$pbkdf2-sha256$i=80000,l=64$TmFDbA$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybMXaicr3ruh0HhHj2K"
     "zl/M8jQ"},
    {"password",
     "pbkdf2:sha512:4096$salt$d197b1b33db0143e018b12f3d1d1479e6cdebdcc97c5c0f87f6902e072f457b5143f30602641b3d55cd33598"
     "8cb36b84376060ecd532e039b742a239434af2d5"},
    {"password", "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E"},
    {"l\xc3\xa8tmein",
     "scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw=="},
    {"password",
     "scrypt$1024$NaCl$8$16$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA=="},
    {"password",
     "scrypt:1024:8:16$NaCl$fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d98"
     "30dac727afb94a83ee6d8360cbdfa2cc0640"},
    {"Hello world!", "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
    {"Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"},
    {"Hello world!", "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"},
    {"password", "$1$abcdefgh$G//4keteveJp0qb8z2DxG/"},
    {"myPassword", "$apr1$r31.....$HqJZimcKQFAMYayBlzkrA/"},
    {"myPassword", "{SHA}VBPuJHI7uixaa6LQGWx4s+5GKNE=", true},
    {"secret", "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", true},
    {"test12345", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"},
    {"compL3X!", "$P$FiS0N5L672xzQx1rt1vgdJQRYKnQM9/"},
    {"hashcat", "$H$984478476IagS59wHZvyQMArzfx58u."},
    {"hashcat", "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf"},
    {"KRONOS", "bcrypt_sha256$$2b$12$e5C3zfswn.CowOBbbb7ngeYbxKzJePCDHwo8AMr/SZeZCoGrk7oue"},
    {"password", "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2"},
    {"password", "$bcrypt-sha256$2a,12$LrmaIX5x4TRtAwEfwJZa1.$2ehnw6LvuIUTM0iz4iz9hTxv21B6KFO"},
    {"test123", "$wp$2y$10$v719Zyb/5DiglXjaGmtVoO.58ZfZLBkfIyjXnYyIbWYYFsofeucua"},
    {"pleaseletmein", "$y$jD5.7$LdJMENpBABJJ3hIHjB1Bi.$HboGM6qPrsK.StKYGt6KErmUYtioHreJd98oIugoNB6"},
    {"a", "$y$j9T$LdJMENpBABJJ3hIHjB1Bi.$GFxnbKnR8WaEdBMGMctf6JGMs56hU5dYcy6UrKGWr62"},
    {"pleaseletmein", "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D"},
};

} // namespace

TEST_CASE("imported hashes: published ones verify, and only with their password")
{
    for (auto const& each : known) {
        CAPTURE(each.hash);
        auto const read = read_imported(each.hash, room);
        REQUIRE(read);
        CHECK(read->weak == each.weak);
        CHECK(is_imported_of(*read, secret{each.password}));
        CHECK_FALSE(is_imported_of(*read, secret{std::string{each.password} + "."}));
        CHECK_FALSE(is_imported_of(*read, secret{}));
    }
}

TEST_CASE("imported hashes: malformed and absurdly expensive ones are none")
{
    std::string const sum32(43, 'A');
    std::vector<std::string> const none{
        std::string{},
        std::string{"$"},
        std::string{"pbkdf2"},
        std::string{"$pbkdf2"},
        std::string{"scrypt"},
        "pbkdf2_sha256$5000001$salt$" + sum32,
        "pbkdf2_sha256$99999999999999999999$salt$" + sum32,
        "pbkdf2_sha256$-1$salt$" + sum32,
        "pbkdf2_sha256$0$salt$" + sum32,
        "pbkdf2_sha256$1e5$salt$" + sum32,
        "pbkdf2_md5$10000$salt$" + sum32,
        "pbkdf2_sha256$10000$salt",
        "pbkdf2_sha256$10000$salt$" + sum32 + "$",
        std::string{"pbkdf2_sha256$10000$salt$AAAA"},
        std::string{"pbkdf2_sha256$10000$salt$"},
        "pbkdf2_sha256$10000$salt$" + sum32 + "!",
        "pbkdf2_sha256$10000$salt$" + std::string(300, 'A'),
        "pbkdf2_sha1$2000000$salt$" + std::string(128, 'A'),
        std::string{"pbkdf2:sha256:10000$salt$zz"},
        "$pbkdf2-sha256$10000$c2FsdA$" + std::string(600, 'A'),
        "$scrypt$ln=25,r=8,p=1$c2FsdA$" + sum32,
        "$scrypt$ln=20,r=64,p=1$c2FsdA$" + sum32,
        "$scrypt$ln=10,r=8,p=65$c2FsdA$" + sum32,
        "$scrypt$r=8,p=1$c2FsdA$" + sum32,
        "$scrypt$ln=10,r=0,p=1$c2FsdA$" + sum32,
        "scrypt$1000$salt$8$1$" + sum32,
        "scrypt$1$salt$8$1$" + sum32,
        "scrypt:16384:8$salt$" + sum32,
        std::string{"$6$rounds=5000001$salt$x"},
        std::string{"$6$rounds=1$salt$x"},
        std::string{"$6$salt$"},
        std::string{"$1$rounds=2000$salt$x"},
        std::string{"$6$"},
        std::string{"$apr1$salt$short"},
        std::string{"$apr1$muchtoolong$HqJZimcKQFAMYayBlzkrA/"},
        std::string{"{SHA}AAAA"},
        std::string{"{SSHA}"},
        std::string{"{MD5}VBPuJHI7uixaa6LQGWx4s+5GKNE="},
        std::string{"rqXexS6ZhobKA"},
        std::string{"plain text"},
        std::string{"$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L"},
        std::string{"$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L00"},
        std::string{"$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L!"},
        std::string{"$P$.IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"},
        std::string{"$P$SIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"},
        std::string{"$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzL"},
        std::string{"bcrypt_sha256$$2b$16$e5C3zfswn.CowOBbbb7ngeYbxKzJePCDHwo8AMr/SZeZCoGrk7oue"},
        std::string{"bcrypt_sha256$$2x$12$e5C3zfswn.CowOBbbb7ngeYbxKzJePCDHwo8AMr/SZeZCoGrk7oue"},
        std::string{"bcrypt_sha256$"},
        std::string{"$bcrypt-sha256$"},
        std::string{"$bcrypt-sha256$v=3,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2"},
        std::string{"$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uk$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2"},
        std::string{"$wp$2y$10$short"},
        "$y$jJT$LdJMENpBABJJ3hIHjB1Bi.$" + sum32,
        "$y$jz5$LdJMENpBABJJ3hIHjB1Bi.$" + sum32,
        "$y$j9$LdJMENpBABJJ3hIHjB1Bi.$" + sum32,
        "$y$/9T$LdJMENpBABJJ3hIHjB1Bi.$" + sum32,
        "$y$j9T1.$LdJMENpBABJJ3hIHjB1Bi.$" + sum32,
        std::string{"$y$j9T$LdJMENpBABJJ3hIHjB1Bi.$short"},
        "$y$j9T$LdJMENp BABJJ3hIHjB1Bi.$" + sum32,
        "$y$j9T$" + sum32,
        "$7$J6..../....SodiumChloride$" + sum32,
        "$7$C6....0....SodiumChloridezzz$x" + sum32,
        "$7$C6....$" + sum32,
        std::string{"$apr1$r31.....$HqJZimcKQFAMYayBlzkrA\0", 38}};
    for (auto const& each : none) {
        CAPTURE(each);
        CHECK_FALSE(read_imported(each, room));
    }
}

TEST_CASE("imported hashes: what costs an attacker nothing is called weak")
{
    std::string const sum32(43, 'A');
    for (std::string const& each : std::vector<std::string>{
             "pbkdf2_sha256$999$salt$" + sum32, "pbkdf2_sha256$10000$$" + sum32, "$scrypt$ln=9,r=8,p=1$c2FsdA$" + sum32,
             std::string{"$apr1$$HqJZimcKQFAMYayBlzkrA/"}, std::string{"$P$7IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"}, "$y$j9T$$" + sum32,
             "$7$76..../....$" + sum32, "$7$66..../....NaCl$" + sum32}) {
        CAPTURE(each);
        auto const read = read_imported(each, room);
        REQUIRE(read);
        CHECK(read->weak);
    }
}

TEST_CASE("imported hashes: Django's names come off what Yett makes itself")
{
    CHECK(canonical_hash("argon2$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$x") == "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$x");
    CHECK(canonical_hash("bcrypt$$2b$12$abc") == "$2b$12$abc");
    CHECK(canonical_hash("bcrypt_sha256$$2b$12$abc") == "bcrypt_sha256$$2b$12$abc");
    CHECK(canonical_hash("pbkdf2_sha256$1$x$y") == "pbkdf2_sha256$1$x$y");
    CHECK(canonical_hash("").empty());
}

TEST_CASE("imported hashes: {bcrypt} comes off, and so do siblings: {CRYPT} of LDAP, {SHA512-CRYPT} and {ARGON2ID} of Dovecot")
{
    CHECK(canonical_hash("{bcrypt}$2a$10$abc") == "$2a$10$abc");
    CHECK(canonical_hash("{CRYPT}$6$salt$x") == "$6$salt$x");
    CHECK(canonical_hash("{SHA512-CRYPT}$6$salt$x") == "$6$salt$x");
    CHECK(canonical_hash("{ARGON2ID}$argon2id$v=19$m=256,t=2,p=1$x$y") == "$argon2id$v=19$m=256,t=2,p=1$x$y");
    CHECK(canonical_hash("{argon2@SpringSecurity_v5_8}$argon2id$v=19$x") == "$argon2id$v=19$x");
    CHECK(canonical_hash("{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0") == "{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0");
    CHECK(canonical_hash("{noop}secret") == "{noop}secret");
    CHECK(canonical_hash("{bcrypt") == "{bcrypt");
}

TEST_CASE("imported hashes: $2x$ is refused by name, and so are siblings: {noop}, {MD5}, bare MD5, DES, NT, a locked account")
{
    auto const said = [](std::string_view hash) { return std::string{why_not_usable(hash)}; };
    CHECK(said("$2x$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW").find("$2x$ is bcrypt with the sign bug") == 0);
    CHECK(said("{noop}secret").find("in the clear") != std::string::npos);
    CHECK(said("{MD5}VBPuJHI7uixaa6LQGWx4s+5GKNE=").find("one fast round") == 0);
    CHECK(said("5f4dcc3b5aa765d61d8327deb882cf99").find("one fast round") == 0);
    CHECK(said("5F4DCC3B5AA765D61D8327DEB882CF99").find("one fast round") == 0);
    CHECK(said("rqXexS6ZhobKA").find("DES crypt") == 0);
    CHECK(said("$3$$8846f7eaee8fb117ad06bdd830b7586c").find("an NT hash") == 0);
    CHECK(said("!$6$salt$x").find("no password opens this account") == 0);
    CHECK(said("{pbkdf2}5d923b44a6d129f3ddf3e3c8d29412723dcbde72445e8ef6bf3b508fbf17fa4ed4d6b99ca763d8dc")
              .find("PBKDF2 of Spring") == 0);
    CHECK(said("plain text") == "not of a known kind, malformed, or absurdly expensive");
    for (auto const& each : known) CHECK_FALSE(said(each.hash).empty());
}

TEST_CASE("passwords: hashes of other programs open the account and ask to be made anew")
{
    hashing_rules rules;
    rules.argon2id_memory = 64 << 10;
    rules.argon2id_iterations = 1;
    rules.memory = room;
    rules.threads = 2;
    rules.wait = milliseconds{60000};
    passwords hashing{rules};
    for (auto const& each : known) {
        CAPTURE(each.hash);
        CHECK(*run(hashing.verify(secret{each.password}, each.hash)) == verdict::right_but_outdated);
        CHECK(*run(hashing.verify(secret{"something else"}, each.hash)) == verdict::wrong);
        CHECK(hashing.judge(each.hash) == (each.weak ? passwords::judgement::weak : passwords::judgement::usable));
    }
    CHECK(hashing.judge("$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW") == passwords::judgement::unusable);
    CHECK(hashing.judge("") == passwords::judgement::unusable);
}
