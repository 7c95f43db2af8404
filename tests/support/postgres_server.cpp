#include "tests/support/postgres_server.hpp"

#include "tests/support/child_process.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace yett::tests {

namespace {

std::string const programs = "/usr/lib/postgresql/15/bin/";

using handle = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

// The server refuses to run as root.
passwd const* stand_in()
{
    if (getuid() != 0) return nullptr;
    auto const* const found = getpwnam("nobody");
    if (!found) throw std::runtime_error{"there is nobody"};
    return found;
}

// In the new process.
[[noreturn]] void become_in(std::string const& folder, std::vector<std::string> const& command)
{
    if (auto const* const who = stand_in())
        if (setgroups(0, nullptr) != 0 || setgid(who->pw_gid) != 0 || setuid(who->pw_uid) != 0) _exit(126);
    if (chdir(folder.c_str()) != 0) _exit(126);
    become(command, folder + "/log", SIGQUIT);
}

pid_t begin(std::vector<std::string> const& command, std::string const& folder)
{
    auto const pid = fork();
    if (pid < 0) throw std::runtime_error{"fork"};
    if (pid == 0) become_in(folder, command);
    return pid;
}

void run_to_success(std::vector<std::string> const& command, std::string const& folder)
{
    auto const pid = begin(command, folder);
    int status = 0;
    if (waitpid(pid, &status, 0) != pid || status != 0) throw std::runtime_error{command[0] + " failed, see " + folder + "/log"};
}

} // namespace

postgres_server::postgres_server()
{
    auto const folder = socket_folder();
    auto const* const who = stand_in();
    if (who && chown(folder.c_str(), who->pw_uid, who->pw_gid) != 0) throw std::runtime_error{"chown"};
    run_to_success(
        {programs + "initdb", "-D", folder + "/data", "-U", "yett", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"},
        folder);
    start();
}

postgres_server::~postgres_server()
{
    stop();
}

void postgres_server::start()
{
    auto const folder = socket_folder();
    std::vector<std::string> command{programs + "postgres", "-D", folder + "/data",       "-k", folder, "-p",
                                     std::to_string(port_), "-h", tls_ ? "127.0.0.1" : ""};
    for (auto const* const setting :
         {"fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300", "autovacuum=off",
          "shared_preload_libraries=pg_stat_statements", tls_ ? "ssl=on" : "ssl=off"}) {
        command.emplace_back("-c");
        command.emplace_back(setting);
    }
    pid_ = begin(command, folder);
    // For what another process does there is nothing to await.
    for (int i = 0; PQping(words_for("postgres").c_str()) != PQPING_OK; ++i) {
        if (i > 3000 || waitpid(pid_, nullptr, WNOHANG) != 0) throw std::runtime_error{"no server, see " + folder + "/log"};
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
}

std::string postgres_server::use_tls()
{
    auto const data = socket_folder() + "/data/";
    run_to_success({"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", data + "server.key",
                    "-out", data + "server.crt"},
                   socket_folder());
    tls_ = true;
    port_ = free_port();
    return data + "server.crt";
}

std::string postgres_server::words_for(std::string const& database) const
{
    return "host=" + socket_folder() + " port=" + std::to_string(port_) + " user=yett dbname=" + database;
}

void postgres_server::signal(int number)
{
    if (pid_ > 0) ::kill(pid_, number);
}

void postgres_server::stop()
{
    signal(SIGINT);
    wait_for_end();
}

// The next start has to recover.
void postgres_server::kill()
{
    signal(SIGQUIT);
    wait_for_end();
}

void postgres_server::wait_for_end()
{
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    pid_ = 0;
}

std::string postgres_server::make_database()
{
    auto name = "t" + std::to_string(++made_);
    ask("postgres", "CREATE DATABASE " + name);
    return name;
}

void postgres_server::drop_database(std::string const& name)
{
    ask("postgres", "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
}

std::string postgres_server::ask(std::string const& database, std::string const& sql)
{
    handle const to{PQconnectdb(words_for(database).c_str()), PQfinish};
    answer const told{PQexec(to.get(), sql.c_str()), PQclear};
    auto const status = PQresultStatus(told.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error{PQerrorMessage(to.get())};
    return PQntuples(told.get()) > 0 ? PQgetvalue(told.get(), 0, 0) : "";
}

storage::postgres::login postgres_server::login_to(std::string const& database) const
{
    storage::postgres::login as;
    as.servers.push_back({socket_folder(), port_});
    as.user = "yett";
    as.database = database;
    return as;
}

postgres_server& shared_postgres()
{
    static postgres_server one;
    return one;
}

pooler::pooler(postgres_server const& before)
{
    auto const folder = socket_folder();
    auto const* const who = stand_in();
    if (who && chown(folder.c_str(), who->pw_uid, who->pw_gid) != 0) throw std::runtime_error{"chown"};
    std::ofstream{folder + "/users"} << "\"yett\" \"\"\n";
    std::ofstream{folder + "/ini"} << "[databases]\n* = host=" << before.socket_folder() << " port=" << before.port()
                                   << "\n[pgbouncer]\npool_mode = transaction\nlisten_port = 5432\nunix_socket_dir = " << folder
                                   << "\nauth_type = trust\nauth_file = " << folder
                                   << "/users\nmax_client_conn = 1000\ndefault_pool_size = 4\n";
    pid_ = begin({"/usr/sbin/pgbouncer", folder + "/ini"}, folder);
    // For what another process does there is nothing to await.
    auto const words = "host=" + folder + " port=5432 user=yett dbname=postgres";
    for (int i = 0; PQping(words.c_str()) != PQPING_OK; ++i) {
        if (i > 3000 || waitpid(pid_, nullptr, WNOHANG) != 0) throw std::runtime_error{"no pgbouncer, see " + folder + "/log"};
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
}

pooler::~pooler()
{
    ::kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
}

pooler& shared_pooler()
{
    static pooler one{shared_postgres()};
    return one;
}

storage::postgres::options postgres_database::options_through_pooler() const
{
    auto as = shared_postgres().login_to(name_);
    as.servers = {{shared_pooler().socket_folder(), 5432}};
    as.pooled = true;
    storage::postgres::options by;
    by.read_login = [as] { return result<storage::postgres::login>{as}; };
    return by;
}

storage::postgres::options postgres_database::options(unsigned connections) const
{
    auto const as = shared_postgres().login_to(name_);
    storage::postgres::options by;
    by.read_login = [as] { return result<storage::postgres::login>{as}; };
    by.connections = connections;
    return by;
}

} // namespace yett::tests
