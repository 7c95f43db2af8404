#pragma once

#include "gateway/base/result.hpp"
#include "gateway/management/verb.hpp"

#include <boost/json/object.hpp>

#include <filesystem>
#include <memory>
#include <string_view>

namespace yett::console {

// Whom a command gives its orders to: the running program, or the store itself when none runs.
class management_client
{
public:
    virtual ~management_client() = default;

    // What the verb answered, or its error with the note for the operator. A client
    // that went away is `storage_unavailable`.
    virtual result<boost::json::object> ask(management::verb const& what, boost::json::object const& order) = 0;
};

// Reads what management::perform writes.
result<boost::json::object> read_answer(std::string_view body);

// The program behind this management socket. `not_found` when nobody listens there, and
// `forbidden` or `internal` when there is somebody who cannot be reached: then nothing may
// be done behind their back.
result<std::unique_ptr<management_client>> reach_running_program(std::filesystem::path const& socket);

} // namespace yett::console
