#include "gateway/app/left_out_claims.hpp"

#include "gateway/telemetry/log.hpp"
#include "gateway/tokens/verifier.hpp"

namespace yett::app {
namespace {

constexpr std::chrono::minutes pause{1};

} // namespace

void left_out_claims::operator()(tokens::verified const& good)
{
    auto const now = steady_now();
    for (auto const& sentence : good.left_out)
        if (is_due(good.who->issuer + ' ' + sentence, now))
            log_->warning("a claim of a token counts for nothing", {{"issuer", good.who->issuer}, {"why", sentence}});
}

bool left_out_claims::is_due(std::string const& sentence, steady_time now)
{
    auto const [at, first] = said_.try_emplace(sentence, now);
    if (!first && now - at->second < pause) return false;
    at->second = now;
    return true;
}

} // namespace yett::app
