#pragma once
// The trace of a request, at every door.

#include <gate/http/request_id.hpp>
#include <gate/http/traceparent.hpp>
#include <gate/telemetry/spans.hpp>

#include <string_view>

namespace gate::auth {

// Continues the trace of the client, or begins one where `parent` is empty. True: spans of the request are to
// be exported; a null `spans` exports none, and says nothing of sampling.
inline bool choose_trace(http::request_id_source& ids, std::string_view parent,
                         const telemetry::span_sink* spans, http::traceparent& out) noexcept {
    out = parent.empty() ? ids.next_traceparent() : ids.continued(parent);
    if (spans == nullptr) return false;
    if (parent.empty() && !spans->sampler().takes(http::trace_id_of(out.view()))) out.clear_sampled();
    return out.is_sampled();
}

}  // namespace gate::auth
