#include <gate/client/http_date.hpp>
#include <gate/core/text.hpp>
#include <gate/export/collector_answer.hpp>

#include <rapidjson/document.h>

#include <algorithm>
#include <charconv>

namespace gate::exporting {
namespace {

using kind = collector_answer::kind;
using value = rapidjson::Value;

constexpr std::size_t most_message = 1024;

// In the JSON of protobuf a 64-bit number is a text; readers take a number, too. Anything else counts as 0.
std::uint64_t read_number(const value& from) {
    if (from.IsUint64()) return from.GetUint64();
    if (!from.IsString()) return 0;
    std::uint64_t out = 0;
    const std::string_view text(from.GetString(), from.GetStringLength());
    const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
    return read.ec == std::errc{} && read.ptr == text.data() + text.size() ? out : 0;
}

// A name may be in lower camel case, or as it stands in the definition.
const value* find(const value& in, const char* name, const char* original) {
    if (!in.IsObject()) return nullptr;
    auto found = in.FindMember(name);
    if (found == in.MemberEnd()) found = in.FindMember(original);
    return found == in.MemberEnd() ? nullptr : &found->value;
}

// ExportTraceServiceResponse.
void read_body(std::string_view body, collector_answer& into) {
    if (core::trim(body, core::is_white_space).empty()) return;
    rapidjson::Document parsed;
    parsed.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());  // however deep: no recursion
    if (parsed.HasParseError() || !parsed.IsObject()) {
        into.meaning = kind::unreadable;
        return;
    }
    const auto* const partial = find(parsed, "partialSuccess", "partial_success");
    if (partial == nullptr) return;
    if (const auto* number = find(*partial, "rejectedSpans", "rejected_spans"))
        into.rejected = read_number(*number);
    const auto* const text = find(*partial, "errorMessage", "error_message");
    if (text == nullptr || !text->IsString()) return;
    into.message.assign(text->GetString(), std::min<std::size_t>(text->GetStringLength(), most_message));
}

kind kind_of(int status) {
    switch (status) {
        case 429:
        case 502:
        case 503:
        case 504: return kind::retry;
        default: break;
    }
    if (status < 200) return kind::unreadable;
    return status <= 299 ? kind::accepted : kind::refused;
}

}  // namespace

collector_answer read_collector_answer(int status, std::string_view retry_after, std::string_view body,
                                       core::wall_clock::time_point wall_now) {
    collector_answer out{.meaning = kind_of(status)};
    if (out.meaning == kind::accepted) read_body(body, out);
    if (out.meaning == kind::retry) out.retry_after = client::parse_retry_after(retry_after, wall_now);
    return out;
}

}  // namespace gate::exporting
