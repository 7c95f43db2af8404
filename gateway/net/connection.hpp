#pragma once

#include <boost/intrusive/list.hpp>

namespace yett::net {

struct waiting_tag;
using waiting_hook = boost::intrusive::list_base_hook<boost::intrusive::tag<waiting_tag>,
                                                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

// Something open on a worker that takes part in draining. See open_connections.
class connection : public boost::intrusive::list_base_hook<>, public waiting_hook
{
public:
    // Ends when nothing is running on it: at once when idle, else after the running exchange.
    virtual void drain() = 0;
    virtual void close_now() = 0;
    // Ends what nothing is running on because somebody else needs the place.
    virtual void make_room() = 0;

protected:
    ~connection() = default;
};

} // namespace yett::net
