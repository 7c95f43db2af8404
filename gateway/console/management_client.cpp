#include "gateway/console/management_client.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

// Asks the running program by HTTP on a Unix socket, one request after the other on one connection.
// Whether anybody is there decides how the operator's command goes on, so the failures are kept
// apart: no socket or nobody behind it is `not_found`, and the store may be opened instead; a
// socket that this user may not open is an error, for then a program does run.

namespace yett::console {
namespace {

namespace http = boost::beast::http;
using local = boost::asio::local::stream_protocol;
using boost::system::error_code;

constexpr std::size_t longest_path = 107;
constexpr std::uint64_t longest_answer = std::uint64_t{64} << 20;

class running_program final : public management_client
{
public:
    explicit running_program(std::filesystem::path const& socket) { stream_.connect(local::endpoint{socket.string()}, failed_); }

    error_code failure() const noexcept { return failed_; }

    result<boost::json::object> ask(management::verb const& what, boost::json::object const& order) override
    {
        std::string target{"/v1/"};
        target.append(what.group).append("/").append(what.name);
        http::request<http::string_body> asked{http::verb::post, target, 11};
        asked.set(http::field::host, "yett");
        asked.set(http::field::content_type, "application/json");
        asked.body() = boost::json::serialize(order);
        asked.prepare_payload();
        http::write(stream_, asked, failed_);
        http::response_parser<http::string_body> answer;
        answer.body_limit(longest_answer);
        if (!failed_) http::read(stream_, buffer_, answer, failed_);
        if (failed_) return our_error(errc::storage_unavailable, "the running program went away", failed_);
        return read_answer(answer.get().body());
    }

private:
    boost::asio::io_context loop_;
    local::socket stream_{loop_};
    boost::beast::flat_buffer buffer_;
    error_code failed_;
};

std::string text_in(boost::json::object const& said, std::string_view name)
{
    auto const* const found = said.if_contains(name);
    return found && found->is_string() ? std::string{std::string_view{found->get_string()}} : std::string{};
}

// The codes that decide the exit status; the rest is a refusal.
errc code_named(std::string_view name)
{
    for (auto const code : {errc::not_found, errc::conflict, errc::storage_unavailable, errc::overloaded, errc::stopping,
                            errc::internal, errc::password_weak, errc::email_invalid})
        if (name_of(code) == name) return code;
    return errc::bad_request;
}

} // namespace

result<boost::json::object> read_answer(std::string_view body)
{
    error_code failed;
    auto parsed = boost::json::parse({body.data(), body.size()}, failed);
    if (failed || !parsed.is_object()) return our_error(errc::internal, "the answer makes no sense: another version runs?");
    auto& said = parsed.get_object();
    if (!said.if_contains("error")) return std::move(said);
    return our_error(code_named(text_in(said, "error")), text_in(said, "message"));
}

result<std::unique_ptr<management_client>> reach_running_program(std::filesystem::path const& socket)
{
    if (socket.string().size() > longest_path) return errc::not_found;
    auto program = std::make_unique<running_program>(socket);
    auto const failed = program->failure();
    if (!failed) return std::unique_ptr<management_client>{std::move(program)};
    if (failed == boost::system::errc::no_such_file_or_directory || failed == boost::system::errc::connection_refused)
        return errc::not_found;
    return our_error(errc::forbidden, "management.socket: " + socket.string(), failed);
}

} // namespace yett::console
