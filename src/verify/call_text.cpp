#include "call_text.hpp"

#include <gate/verify/codec.hpp>

#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <utility>

namespace gate::verify {
namespace {

namespace http = boost::beast::http;
using auth::verification;
using core::reason;

std::string authority_of(const config::url& url) {
    const bool is_v6 = url.host.find(':') != std::string::npos;
    auto out = is_v6 ? '[' + url.host + ']' : url.host;
    if (url.port != (url.tls ? 443 : 80)) out.append(":").append(std::to_string(url.port));
    return out;
}

std::string joined(const http::fields& fields, http::field name) {
    std::string out;
    const auto [begin, end] = fields.equal_range(name);
    for (auto each = begin; each != end; ++each) {
        if (!out.empty()) out.append(", ");
        out.append(std::string_view(each->value().data(), each->value().size()));
    }
    return out;
}

std::string_view value_of(const http::fields& fields, std::string_view name) {
    const auto value = fields[boost::beast::string_view(name.data(), name.size())];
    return {value.data(), value.size()};
}

// A response that breaks HTTP, as against a connection that broke.
bool is_malformed(const core::error_code& ec) {
    return ec.category() == http::make_error_code(http::error::bad_version).category() &&
           ec != http::error::end_of_stream && ec != http::error::partial_message;
}

// This process has no descriptor or no memory left: Gate has not failed, and has not been asked.
bool is_exhaustion(const core::error_code& ec) {
    namespace errc = boost::system::errc;
    return ec == errc::too_many_files_open || ec == errc::too_many_files_open_in_system ||
           ec == errc::no_buffer_space || ec == errc::not_enough_memory;
}

}  // namespace

bool is_usable_key(const core::secret_string& key) {
    return !key.empty() && std::ranges::all_of(key.reveal(), [](char c) { return c > ' ' && c < '\x7f'; });
}

call_text::call_text(const config::gate_options& gate, const std::string& version)
    : before_key_("POST " + gate.base_url.path + gate.verify_path +
                  " HTTP/1.1\r\nHost: " + authority_of(gate.base_url) + "\r\nAuthorization: Bearer "),
      behind_key_(
          "\r\nContent-Type: application/json\r\nAccept: application/json\r\nUser-Agent: gate-sidecar/" +
          version + "\r\nX-Foil-Client: gate-sidecar/" + version + "\r\nContent-Length: "),
      token_field_(gate.token_field) {}

core::secret_string call_text::request(std::string_view token, const core::secret_string& secret_key) const {
    const auto body = request_body(token_field_, token);
    const auto length = std::to_string(body.reveal().size());
    std::string text;
    // The text is allocated in one step: growing would leave copies of the secrets in freed memory.
    text.reserve(before_key_.size() + secret_key.reveal().size() + behind_key_.size() + length.size() + 4 +
                 body.reveal().size());
    text.append(before_key_)
        .append(secret_key.reveal())
        .append(behind_key_)
        .append(length)
        .append("\r\n\r\n");
    text.append(body.reveal());
    return core::secret_string(std::move(text));
}

verification read_answer(const http::response_header<>& head, std::string_view body) {
    const auto cache_control = joined(head, http::field::cache_control);
    answer out;
    out.status = static_cast<int>(head.result_int());
    out.cache_control = cache_control;
    out.retry_after = value_of(head, "Retry-After");
    out.date = value_of(head, "Date");
    out.rate_limit = value_of(head, "X-RateLimit-Limit");
    out.rate_remaining = value_of(head, "X-RateLimit-Remaining");
    out.body = body;
    return decode(out, core::wall_clock::now());
}

verification unavailable(reason why, std::string detail) {
    verification out;
    out.why = why;
    out.detail = std::move(detail);
    return out;
}

verification explain(const core::error_code& ec, bool in_time) {
    if (is_exhaustion(ec)) {
        auto out = unavailable(reason::gate_busy, ec.message());
        out.calls = 0;
        out.held_back = true;
        out.was_sent = false;
        return out;
    }
    if (!in_time) return unavailable(reason::gate_timeout, {});
    if (ec == core::make_error_code(reason::gate_bad_answer))
        return unavailable(reason::gate_bad_answer, "bytes that came before the request");
    if (is_malformed(ec)) return unavailable(reason::gate_bad_answer, ec.message());
    auto out = unavailable(reason::gate_unreachable, ec.message());
    out.retryable = true;
    return out;
}

}  // namespace gate::verify
