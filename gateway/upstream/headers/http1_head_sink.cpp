#include "gateway/upstream/headers/http1_head_sink.hpp"

#include "gateway/upstream/headers/header_plan.hpp"

namespace yett::upstream {

result<composed> write_http1_head(header_plan const& plan, composition const& c, std::string& out)
{
    out.clear();
    http1_head_sink to{out};
    return plan.apply(c, to);
}

} // namespace yett::upstream
