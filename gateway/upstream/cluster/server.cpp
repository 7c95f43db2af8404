#include "gateway/upstream/cluster/server.hpp"

// The clock is that of the worker's deadlines, a quarter of a second behind at most: an ejection lasts for
// seconds, and no request has to look at the time for it.

namespace yett::upstream {

void server::note(attempt_report const& a)
{
    switch (verdict_on(a)) {
    case server_verdict::nothing: return;
    case server_verdict::good:
        figures_.good.add();
        return all_.went_well(number_);
    case server_verdict::bad: break;
    }
    figures_.bad.add();
    auto const cause = [&a] { return cause_of(a); };
    all_.went_wrong(number_, cause, deadlines_.now());
}

} // namespace yett::upstream
