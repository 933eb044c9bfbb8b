#pragma once
// The original request as the access decision sees it, with the fields of the request that asks about it.

#include <gate/answer/original_request.hpp>
#include <gate/config/config.hpp>
#include <gate/http/request_facts.hpp>

namespace gate::answer {

// Fills `out`, whose memory is reused. Every field of `asking` counts by which the upstream may read another
// path or method than the one decided about, in any spelling: it will get them from the other proxy, which is
// not known to remove them (rule 7). Those that carry the original by `from` say nothing else. The views
// point into `asking`.
void make_judged(const http::request_facts& asking, const original_request& original,
                 config::original_source from, http::request_facts& out);

}  // namespace gate::answer
