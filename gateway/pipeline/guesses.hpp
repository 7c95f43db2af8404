#pragma once

#include "gateway/base/error.hpp"

namespace yett::policies {
class route;
} // namespace yett::policies

namespace yett::pipeline {

struct endpoint;

// Whether a failure says nothing about a password, a link or an address, so that limits which are there
// against guessing give back what it took. True at endpoints of ours alone, where what was typed is wrong
// by itself, where we failed, or where no secret was looked at. `row`: the endpoint that the rule
// leads to, null for an application; `proved`: somebody stands behind the request. What fails at an application always counts.
bool is_no_guess(error const& why, policies::route const& at, endpoint const* row, bool proved);

} // namespace yett::pipeline
