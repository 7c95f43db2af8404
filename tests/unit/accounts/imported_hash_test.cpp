#include "gateway/accounts/imported_hash.hpp"

#include "gateway/accounts/password.hpp"
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

// RFC 6070, RFC 7914, the documentation and tests of passlib, Django, Apache and glibc.
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
    std::vector<std::string> const none{std::string{},
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
                                        std::string{"$apr1$r31.....$HqJZimcKQFAMYayBlzkrA\0", 38}};
    for (auto const& each : none) {
        CAPTURE(each);
        CHECK_FALSE(read_imported(each, room));
    }
}

TEST_CASE("imported hashes: what costs an attacker nothing is called weak")
{
    std::string const sum32(43, 'A');
    for (std::string const& each :
         std::vector<std::string>{"pbkdf2_sha256$999$salt$" + sum32, "pbkdf2_sha256$10000$$" + sum32,
                                  "$scrypt$ln=9,r=8,p=1$c2FsdA$" + sum32, std::string{"$apr1$$HqJZimcKQFAMYayBlzkrA/"}}) {
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
