#pragma once

#include "gateway/console/management_client.hpp"
#include "gateway/console/rows.hpp"

#include <boost/json/object.hpp>

namespace yett::console {

// How the answer is wanted.
struct presentation
{
    bool json = false; // what was done as one object; lists one object a line
    bool csv = false;  // lists alone
};

// Gives the order, page after page where the answer is a list, and prints what comes back:
// answers on standard output, errors on standard error. The exit status: 0, 1 for a
// refusal, 69 when the program or its store cannot do it now.
int run_verb(management_client& with, management::verb const& what, boost::json::object order, presentation how);

// Prints an error as above.
int fail(error const& why, presentation how);

} // namespace yett::console
