#include "gateway/control/management_socket.hpp"

#include "gateway/control/control_server.hpp"

#include <boost/asio/local/stream_protocol.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace yett::control {
namespace {

namespace asio = boost::asio;
using local = asio::local::stream_protocol;

constexpr std::size_t longest_path = 107; // sun_path without its NUL
constexpr mode_t owner_only = S_IRUSR | S_IWUSR;

// Who is at the other end, if it is somebody who may be here.
std::optional<std::string> peer_of(int descriptor)
{
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return std::nullopt;
    if (who.uid != 0 && who.uid != ::geteuid()) return std::nullopt;
    return "uid " + std::to_string(who.uid);
}

bool somebody_answers(local::endpoint const& at)
{
    asio::io_context loop;
    local::socket probe{loop};
    boost::system::error_code failed;
    probe.connect(at, failed);
    return !failed;
}

struct file_identity
{
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(file_identity const&) const = default;
};

file_identity identity_of(std::filesystem::path const& file)
{
    struct stat seen
    {
    };
    if (::lstat(file.c_str(), &seen) != 0) return {};
    return {seen.st_dev, seen.st_ino};
}

} // namespace

class management_socket::server : public control_server<local>
{
public:
    server(asio::io_context& control, std::filesystem::path file, answerer answer)
        : control_server{control, answering(std::move(answer))},
          file_{std::move(file)}
    {
    }

    // Bound under another name and moved into place, so that there is never a moment in
    // which the file has the mode that the umask allows.
    error_code open()
    {
        error_code failed;
        auto const fresh = file_.string() + "." + std::to_string(::getpid() % 10000);
        std::filesystem::remove(fresh, failed);
        auto& door = entrance();
        door.open(local{}, failed);
        if (!failed && ::fchmod(door.native_handle(), owner_only) != 0) failed = {errno, boost::system::system_category()};
        if (!failed) door.bind(local::endpoint{fresh}, failed);
        if (!failed && ::chmod(fresh.c_str(), owner_only) != 0) failed = {errno, boost::system::system_category()};
        if (!failed) door.listen(asio::socket_base::max_listen_connections, failed);
        if (!failed && ::rename(fresh.c_str(), file_.c_str()) != 0) failed = {errno, boost::system::system_category()};
        if (failed) ::unlink(fresh.c_str());
        else own_ = identity_of(file_);
        return failed;
    }

    // The file may be a successor's by now.
    void close()
    {
        stop();
        if (own_ != file_identity{} && identity_of(file_) == own_) ::unlink(file_.c_str());
        own_ = {};
    }

private:
    static behaviour answering(answerer answer)
    {
        behaviour how;
        how.answer = std::move(answer);
        how.admit = [](socket& s) { return peer_of(s.native_handle()); };
        how.allow = "POST";
        how.body_bytes_max = body_bytes_max;
        return how;
    }

    std::filesystem::path const file_;
    file_identity own_;
};

result<std::unique_ptr<management_socket>> management_socket::listen(asio::io_context& control, std::filesystem::path const& file,
                                                                     answerer answer)
{
    auto const where = "management.socket: " + file.string();
    // The suffix of the temporary name has to fit, too.
    if (file.string().size() + 5 > longest_path)
        return our_error(errc::internal, where + ": longer than " + std::to_string(longest_path - 5) + " bytes");
    std::error_code failed;
    if (auto const folder = file.parent_path(); !folder.empty()) std::filesystem::create_directories(folder, failed);
    if (failed) return our_error(errc::internal, where, failed);
    auto const status = std::filesystem::symlink_status(file, failed);
    if (std::filesystem::exists(status) && !std::filesystem::is_socket(status))
        return our_error(errc::internal, where + ": there is a file of another kind");
    if (std::filesystem::exists(status) && somebody_answers(file.string()))
        return our_error(errc::internal, where + ": another process answers there");

    auto shared = std::make_shared<server>(control, file, std::move(answer));
    if (auto const refused = shared->open()) return our_error(errc::internal, where, refused);
    shared->start();
    return std::unique_ptr<management_socket>{new management_socket{std::move(shared)}};
}

management_socket::management_socket(std::shared_ptr<server> d) : server_{std::move(d)} {}

management_socket::~management_socket()
{
    server_->close();
}

void management_socket::stop()
{
    server_->close();
}

} // namespace yett::control
