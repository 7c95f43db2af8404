#include "gateway/app/parts/connection_budget.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::app;

TEST_CASE("connections: as many as are set, one to listen, and one for signing keys that are no files")
{
    config::settings s;
    s.storage.connections = 5;
    CHECK(connections_of(s) == 7);
    s.tokens.keys.directory = "keys";
    CHECK(connections_of(s) == 6);
}

TEST_CASE("connections: what several programs need is multiplied out")
{
    CHECK(say_connections(9) ==
          "storage: each program opens up to 9 connections, three programs 27, ten 90; max_connections has to be"
          " above that");
}
