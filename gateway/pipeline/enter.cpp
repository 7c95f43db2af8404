#include "gateway/pipeline/own_token.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/request_context.hpp"
#include "gateway/tokens/token_cache.hpp"

namespace yett::pipeline {

pipeline::pipeline(station s, std::shared_ptr<worker_snapshot const> first)
    : station_{std::move(s)},
      is_ours_{[this](std::string_view token) { return is_own_token(token, station_.cache.judge()); }},
      limits_{station_.figures},
      replies_{{station_.pages, station_.log.log}},
      log_{station_.log},
      snapshot_{std::move(first)}
{
}

pipeline::~pipeline() = default;

void pipeline::enter(std::shared_ptr<worker_snapshot const> next)
{
    snapshot_ = std::move(next);
}

} // namespace yett::pipeline
