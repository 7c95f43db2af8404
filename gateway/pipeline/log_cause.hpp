#pragma once

#include "gateway/base/error.hpp"

#include <string>
#include <string_view>

namespace yett::http {
class head;
} // namespace yett::http

namespace yett::pipeline {

struct request_context;

// The path as the access log may show it. The token of a mailed link is worth an account, wherever and
// however often somebody puts it into a path: `{token}` stands for each. `kept` holds the text where one
// had to be cut, and has to live as long as what is returned.
std::string_view path_for_log(std::string_view path, std::string& kept);

// Nobody is there to be answered: what the status says was all there is.
bool is_farewell(error const& why);

// What the access log says about the end of a request beside its code; empty where there is nothing to
// say. Whoever runs the application wants to know what was wrong with it, and whoever runs the gate why a
// credential did not serve, and what would let a refused request through. These notes are sentences of
// ours: they name a server, a claim or a limit, and quote nothing that came. Which origin was refused, and
// why, cannot be guessed either. `why` is null where nothing failed.
std::string cause_for_log(error const* why, http::head const& head, request_context const& context);

} // namespace yett::pipeline
