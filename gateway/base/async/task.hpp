#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace yett {
inline namespace base {

// Every worker is one thread with one io_context, so its executor needs no type erasure.
using executor = boost::asio::io_context::executor_type;

// A coroutine of a worker. It starts when awaited and stays on the thread that awaits it.
//
// g++ 12 destroys temporaries of aggregates and of capturing lambdas twice inside a
// co_await expression: give them a name on a line of their own first.
template<class T>
using task = boost::asio::awaitable<T, executor>;

inline constexpr boost::asio::use_awaitable_t<executor> use_task;

} // namespace base
} // namespace yett
