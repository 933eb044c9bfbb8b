// Whatever stands in Authorization: each line of the input is one such field.

#include <gate/auth/token.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using gate::auth::token_kind;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    gate::http::request_head head;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        head.fields.push_back(
            {"Authorization", text.substr(0, end), {}, gate::http::field_id::authorization});
        head.present |= 1U << static_cast<unsigned>(gate::http::field_id::authorization);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    const auto got = gate::auth::extract_bearer(head);
    require(got.has_error() || head.fields.size() <= 1);
    if (got.has_error()) return 0;
    require((got->kind == token_kind::absent) == head.fields.empty());
    require((got->kind == token_kind::agent) == !got->token.empty());
    if (got->kind != token_kind::agent) return 0;
    require(gate::auth::is_agent_token(got->token) && got->token.size() <= gate::auth::max_token_size);
    require(head.fields[0].value.ends_with(got->token));
    // Safe in JSON and in a log line as it is: the characters of token68 alone.
    require(got->token.find_first_of("\"\\, \t\r\n") == std::string_view::npos);
    return 0;
}
