// The one place where the header-only libraries become object code.
#include <boost/asio/impl/src.hpp>
#include <boost/json/src.hpp>
