#include "request_spans.hpp"

#include <gate/export/span_text.hpp>

#include <algorithm>

namespace gate::exporting {
namespace {

// Keys, numbers and words of ours: of all spans of a request together.
constexpr std::size_t fixed_bound = 6 * 1024;
constexpr std::size_t most_gate_bytes = 32 * 1024;  // of gate_attributes(): the options are bounded

constexpr std::size_t text_bound(std::size_t method, std::size_t path, std::size_t host, std::size_t rest) {
    return fixed_bound + telemetry::escaped_bound(2 * method + 2 * path + host + rest);
}

static_assert(text_bound(span_limit::method, span_limit::path, 3 * span_limit::host,
                         2 * span_limit::socket + span_limit::user_agent + 3 * span_limit::id) +
                  most_gate_bytes <=
              most_span_bytes);

}  // namespace

std::size_t span_bytes_bound(const telemetry::span_record& of, std::string_view gate) noexcept {
    const auto shown = [](std::string_view text, std::size_t most) { return std::min(text.size(), most); };
    const auto& line = of.line;
    auto rest = shown(line.socket, span_limit::socket) + shown(of.upstream.socket, span_limit::socket) +
                shown(line.user_agent, span_limit::user_agent);
    for (const auto& id : {line.ids.request, line.account_id, line.ids.gate_request})
        rest += shown(id, span_limit::id);
    return text_bound(shown(line.method, span_limit::method), shown(line.path, span_limit::path),
                      std::max(shown(line.host, span_limit::host), shown(of.host, span_limit::host)) +
                          2 * shown(of.upstream.host, span_limit::host),
                      rest) +
           gate.size();
}

std::string gate_attributes(const config::gate_options& gate) {
    std::string all(most_gate_bytes, '\0');
    const auto& url = gate.base_url;
    attribute_writer to(all.data());
    to.continue_attributes();
    to.word("http.request.method", "POST");
    to.text("server.address", url.host, span_limit::host);
    to.number("server.port", url.port);
    const auto full = (url.tls ? "https://" : "http://") + url.host + ":" + std::to_string(url.port) +
                      url.path + gate.verify_path;
    to.text("url.full", full, span_limit::path);
    all.resize(static_cast<std::size_t>(to.end() - all.data()));
    return all;
}

written_spans write_spans(char* out, const telemetry::span_record& of, std::string_view gate,
                          bool is_first) noexcept {
    request_spans all(out, of, is_first);
    all.write_server();
    if (of.upstream_began != telemetry::span_record::absent) all.write_upstream();
    if (of.gate_began != telemetry::span_record::absent) all.write_gate(gate);
    return all.written();
}

}  // namespace gate::exporting
