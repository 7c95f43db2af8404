#include "tests/support/redis_server.hpp"

#include "tests/support/child_process.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

namespace yett::tests {

namespace {

pid_t begin(std::vector<std::string> const& command, std::string const& log)
{
    auto const pid = fork();
    if (pid < 0) throw std::runtime_error{"fork"};
    if (pid == 0) become(command, log, SIGKILL);
    return pid;
}

std::string quoted(std::string const& word)
{
    std::string text = "'";
    for (auto const c : word) text += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return text + "'";
}

std::string output_of(std::string const& command)
{
    std::unique_ptr<FILE, int (*)(FILE*)> const from{popen(command.c_str(), "r"), pclose};
    if (!from) throw std::runtime_error{"popen"};
    std::string text;
    std::array<char, 4096> part;
    while (auto const bytes = fread(part.data(), 1, part.size(), from.get())) text.append(part.data(), bytes);
    while (text.ends_with('\n')) text.pop_back();
    return text;
}

std::string ask_at(std::uint16_t port, std::string const& how, std::vector<std::string> const& words)
{
    auto command = "exec /usr/bin/redis-cli -p " + std::to_string(port) + how;
    for (auto const& each : words) command += " " + quoted(each);
    return output_of(command + " 2>&1");
}

// For what another process does there is nothing to await. Any answer will do, also "NOAUTH".
void wait_for_answer(pid_t of, std::uint16_t port, std::string const& how, std::string const& log)
{
    for (int i = 0; ask_at(port, how, {"PING"}).starts_with("Could not connect"); ++i) {
        if (i > 1000 || waitpid(of, nullptr, WNOHANG) != 0) throw std::runtime_error{"no server, see " + log};
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
}

void end(pid_t& which)
{
    if (which <= 0) return;
    ::kill(which, SIGKILL);
    waitpid(which, nullptr, 0);
    which = 0;
}

} // namespace

redis_server::redis_server(std::vector<std::string> settings) : settings_{std::move(settings)}, port_{free_port()}
{
    start();
}

redis_server::~redis_server()
{
    kill();
}

void redis_server::start()
{
    auto const port = std::to_string(port_);
    std::vector<std::string> command{"/usr/bin/redis-server", "--bind", "127.0.0.1", "--dir",
                                     folder_.path().string(), "--save", "",          "--port",
                                     tls_ ? "0" : port};
    auto const file = [this](char const* name) { return folder_.file(name); };
    if (tls_)
        for (auto const& each : {std::string{"--tls-port"}, port, std::string{"--tls-cert-file"}, file("crt"),
                                 std::string{"--tls-key-file"}, file("key"), std::string{"--tls-ca-cert-file"}, file("crt"),
                                 std::string{"--tls-auth-clients"}, std::string{verifies_ ? "yes" : "no"}})
            command.push_back(each);
    command.insert(command.end(), settings_.begin(), settings_.end());
    pid_ = begin(command, folder_.file("log"));
    wait_for_answer(pid_, port_, tls_words(), folder_.file("log"));
}

std::string redis_server::use_tls()
{
    auto const made = output_of("/usr/bin/openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
                                " -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
                                folder_.file("key") + " -out " + folder_.file("crt") + " 2>&1; echo $?");
    if (!made.ends_with('0')) throw std::runtime_error{"openssl: " + made};
    tls_ = true;
    return folder_.file("crt");
}

void redis_server::kill()
{
    end(pid_);
}

void redis_server::signal(int number) const
{
    if (pid_ > 0) ::kill(pid_, number);
}

void redis_server::pause()
{
    signal(SIGSTOP);
}

void redis_server::resume()
{
    signal(SIGCONT);
}

std::string redis_server::ask(std::vector<std::string> const& words) const
{
    return ask_at(port_, tls_words(), words);
}

std::string redis_server::tls_words() const
{
    if (!tls_) return "";
    return " --tls --insecure --cert " + quoted(folder_.file("crt")) + " --key " + quoted(folder_.file("key"));
}

storage::redis::redis_login redis_server::login() const
{
    storage::redis::redis_login as;
    as.addresses.push_back({"127.0.0.1", port_});
    return as;
}

storage::redis::redis_options redis_server::options(milliseconds timeout) const
{
    return {[as = login()] { return result<storage::redis::redis_login>{as}; }, timeout};
}

redis_server& shared_redis()
{
    static redis_server one;
    return one;
}

redis_sentinel::redis_sentinel(std::string const& name, redis_server const& master) : port_{free_port()}
{
    auto const file = folder_.file("conf");
    std::ofstream{file} << "bind 127.0.0.1\nport " << port_ << "\ndir " << folder_.path().string() << "\nsentinel monitor "
                        << name << " 127.0.0.1 " << master.port() << " 1\nsentinel down-after-milliseconds " << name
                        << " 300\nsentinel failover-timeout " << name << " 2000\n";
    pid_ = begin({"/usr/bin/redis-sentinel", file}, folder_.file("log"));
    wait_for_answer(pid_, port_, "", folder_.file("log"));
}

redis_sentinel::~redis_sentinel()
{
    end(pid_);
}

std::string redis_sentinel::ask(std::vector<std::string> const& words) const
{
    return ask_at(port_, "", words);
}

} // namespace yett::tests
