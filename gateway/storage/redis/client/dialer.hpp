#pragma once

#include "gateway/storage/redis/client/redis_connection.hpp"
#include "gateway/storage/redis/client/redis_options.hpp"
#include "gateway/transport/tls_client_context.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace yett::storage::redis {

using connection_ptr = std::shared_ptr<redis_connection>;

// Makes connections, one at a time. A failure tells what each server said, and no password.
class dialer
{
public:
    // How long one server may take until it is given up.
    static constexpr seconds patience{2};

    dialer(executor on, std::function<result<redis_login>()> read_login);

    // To the server that takes writes: sentinels are asked where it is, and it whether it is the one.
    task<result<connection_ptr>> dial();
    // To the first sentinel that answers, ready to be asked.
    task<result<connection_ptr>> dial_sentinel();
    // As sentinels call the server; empty where there are none, or before the first dial.
    std::string const& master_name() const noexcept { return master_name_; }

    // What is under way fails, and so does all that follows.
    void stop();

private:
    using tcp = boost::asio::ip::tcp;
    struct way; // to one server, and who comes

    static way way_to_server(redis_login const& as, redis_address at);
    static way way_to_sentinel(redis_login const& as, redis_address at);
    task<result<connection_ptr>> try_in_turn(std::vector<way> all);
    task<result<connection_ptr>> by_sentinels(redis_login as);
    task<result<redis_address>> ask_sentinel(way to, std::string name);
    task<result<connection_ptr>> open(way to);
    task<result<std::vector<tcp::endpoint>>> resolve(redis_address at);
    task<result<transport::tcp_socket>> connect(redis_address at, steady_time deadline);
    task<result<void>> shake_hands(redis_connection& on);
    result<connection_ptr> make(transport::tcp_socket socket, way const& to);
    result<std::shared_ptr<transport::tls_client_context>> tls_by(redis_tls_files const& files);

    executor on_;
    std::function<result<redis_login>()> read_login_;
    std::string master_name_;
    redis_tls_files files_; // of `tls_`
    std::shared_ptr<transport::tls_client_context> tls_;
    std::function<void()> give_up_; // what is under way; empty between
    bool stopped_ = false;
};

} // namespace yett::storage::redis
