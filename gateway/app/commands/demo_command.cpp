#include "config/load.hpp"
#include "gateway/app/commands/commands.hpp"
#include "gateway/app/commands/named_store.hpp"
#include "gateway/app/demo/dev_certs.hpp"
#include "gateway/app/demo/echo.hpp"
#include "gateway/app/demo_settings.hpp"
#include "gateway/app/gateway.hpp"
#include "gateway/app/parts/shown_url.hpp"
#include "gateway/app/parts/startup_error.hpp"

#include <fmt/format.h>

#include <cstdio>

// Everything in one process, an application that echoes included, so that trying it takes one
// command. The configuration is the one that is built in (`demo_yaml`), and is read by the same
// code as any other.

namespace yett::app {
namespace {

using blame = startup_error::blame;

constexpr char const* application = "127.0.0.1:9000";

// Every line can be pasted as it is; the tests run them verbatim.
constexpr char const* walk = R"walk(
Open {url}/ in a browser (its certificate is of an authority made for this demonstration, {ca}), or try it in
another terminal in the same folder:

# register, and log in
curl -sS --cacert {ca} {url}/auth/register --json '{{"email":"ada@example.com","password":"{password}"}}' -w ' %{{http_code}}\n'
TOKEN=$(curl -sS --cacert {ca} {url}/auth/login -c {jar} --json '{{"email":"ada@example.com","password":"{password}"}}' | sed -E 's/.*"access_token":"([^"]+)".*/\1/')

# the application sees who is asking
curl -sS --cacert {ca} {url}/hello -H "Authorization: Bearer $TOKEN" -w ' %{{http_code}}\n'

# without a token nobody gets in
curl -sS --cacert {ca} {url}/hello -w ' %{{http_code}}\n'

# a new pair of tokens for the refresh cookie
TOKEN=$(curl -sS --cacert {ca} -X POST {url}/auth/refresh -b {jar} -c {jar} -H 'Origin: {url}' | sed -E 's/.*"access_token":"([^"]+)".*/\1/')
curl -sS --cacert {ca} {url}/auth/me -H "Authorization: Bearer $TOKEN" -w ' %{{http_code}}\n'

# log out: the token is refused from this moment on, although it has not expired
curl -sS --cacert {ca} -X POST {url}/auth/logout -H "Authorization: Bearer $TOKEN" -w '%{{http_code}}\n'
curl -sS --cacert {ca} {url}/hello -H "Authorization: Bearer $TOKEN" -w ' %{{http_code}}\n'

# what Prometheus would see
curl -sS {management}/metrics | grep yett_auth

Ctrl-C ends the demonstration. Certificates stay in {certs}, data in {data}.

)walk";

config::settings demo_settings(demo_options const& options)
{
    auto loaded = config::load_text(std::string{demo_yaml}, options.folder / "demo.yaml", config::process_environment());
    if (!loaded.value) throw startup_error{blame::configuration, to_string(loaded.complaints.front())};
    if (options.storage.empty()) return std::move(*loaded.value);
    auto const store = store_named(options.storage);
    if (!store) throw startup_error{blame::configuration, options.storage + " cannot be used"};
    loaded.value->storage = *store;
    return std::move(*loaded.value);
}

std::string place_of_data(demo_options const& options)
{
    return options.storage.empty() ? (options.folder / "var").lexically_normal().string() : shown_url(options.storage);
}

void print_walk(demo_options const& options, gateway const& program)
{
    std::string url;
    std::string management;
    for (auto const& each : program.endpoints()) (each.management ? management : url) = each.url;
    // The certificate is for the name; curl would accept the address, too.
    if (auto const at = url.find("127.0.0.1"); at != url.npos) url.replace(at, 9, "localhost");
    auto const in_folder = [&options](char const* name) { return (options.folder / name).lexically_normal().string(); };
    fmt::print(fmt::runtime(walk), fmt::arg("ca", in_folder("certs/dev/ca.crt")), fmt::arg("jar", in_folder("var/demo.cookies")),
               fmt::arg("url", url), fmt::arg("management", management), fmt::arg("password", "correct horse battery staple"),
               fmt::arg("certs", in_folder("certs/dev")), fmt::arg("data", place_of_data(options)));
    std::fflush(stdout);
}

} // namespace

int demo_command(demo_options const& options)
{
    auto const certs = make_dev_certs(options.folder / "certs/dev", wall_now());
    if (!certs) throw startup_error{blame::unavailable, describe(certs.error())};
    std::filesystem::create_directories(options.folder / "var");
    echo_server sample{application};
    gateway program{demo_settings(options)};
    print_walk(options, program);
    program.run();
    return EXIT_SUCCESS;
}

int echo_command(std::string const& address)
{
    echo_server sample{address};
    fmt::print("echo listens on {}\n", sample.address());
    std::fflush(stdout);
    sample.wait();
    return EXIT_SUCCESS;
}

int dev_certs_command(std::filesystem::path const& folder)
{
    auto const made = make_dev_certs(folder, wall_now());
    if (!made) throw startup_error{blame::unavailable, describe(made.error())};
    fmt::print("{}\n{}\n{}\n", made->ca_file.string(), made->chain_file.string(), made->key_file.string());
    return EXIT_SUCCESS;
}

} // namespace yett::app
