#include "gateway/app/certificates.hpp"

#include "tests/support/certificate.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace yett;

namespace {

// How many of so many looks said that it is time.
int times_due(app::certificates& of, int looks)
{
    int due = 0;
    for (int i = 0; i < looks; ++i) due += of.are_due();
    return due;
}

} // namespace

TEST_CASE("certificates: what could not be used is tried again every minute, what could is left alone")
{
    app::certificates of{{}};
    CHECK(of.are_current());
    CHECK(times_due(of, 200) == 0);
    of.begin_to_read();
    of.done(false);
    CHECK_FALSE(of.are_current());
    CHECK(times_due(of, 59) == 0);
    CHECK(times_due(of, 1) == 1);
    of.begin_to_read();
    of.done(true);
    CHECK(of.are_current());
    CHECK(times_due(of, 200) == 0);
}

TEST_CASE("certificates: those of clients' authorities and what they revoked are looked at as well")
{
    tests::temporary_folder const folder;
    config::listener one;
    auto& tls = one.tls.emplace();
    tls.certificates.push_back({folder.path() / "leaf.crt", folder.path() / "leaf.key", {}, {}});
    tls.client_ca_file = folder.path() / "ca.crt";
    tls.client_crl_file = folder.path() / "ca.crl";
    for (auto const& file : {tls.client_ca_file, tls.client_crl_file}) {
        app::certificates of{{one}};
        CHECK(times_due(of, 3) == 0);
        std::ofstream{file} << "another";
        CHECK(times_due(of, 3) > 0);
        of.begin_to_read();
        of.done(true);
        CHECK(times_due(of, 3) == 0);
    }
}

TEST_CASE("certificates: what https servers are checked by and shown is read, looked at and named when it is of no use")
{
    tests::certificate const ours{"gateway.internal"};
    tests::temporary_folder const folder;
    auto const authority = folder.path() / "ca.crt";
    std::filesystem::copy_file(ours.files().chain_file, authority);
    config::upstream app;
    app.servers.push_back({config::upstream_scheme::https, "app.internal", 443});
    app.tls.emplace();
    app.tls->ca_file = authority;
    app.tls->certificate_file = ours.files().chain_file;
    app.tls->key_file = ours.files().key_file;
    app::certificates of{{}, {{"app", app}}};

    auto const made = of.read(app);
    REQUIRE(made.has_value());
    of.use(**made, app);
    CHECK(of.ends().contains(ours.files().chain_file));
    CHECK(times_due(of, 3) == 0);
    std::filesystem::remove(authority);
    CHECK(times_due(of, 3) > 0);
    auto const gone = of.read(app);
    REQUIRE_FALSE(gone.has_value());
    CHECK(gone.error().note().find(authority.string()) != std::string::npos);

    std::ofstream{authority} << "no certificate";
    CHECK_FALSE(of.read(app).has_value());
    app.tls->ca_file.clear();
    app.tls->key_file = authority;
    auto const no_key = of.read(app);
    REQUIRE_FALSE(no_key.has_value());
    CHECK(no_key.error().note().starts_with("key " + authority.string() + " cannot be used"));
    app.tls.reset();
    CHECK(of.read(app).has_value());
}
