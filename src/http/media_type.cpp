#include <gate/core/text.hpp>
#include <gate/http/head_parser.hpp>
#include <gate/http/media_type.hpp>

namespace gate::http {
namespace {

// Without parameters; empty: there is none.
std::string_view media_type_of(const response_head& head) noexcept {
    for (const auto& field : head.fields) {
        if (field.id != field_id::other || !core::iequals(field.name, "content-type")) continue;
        return field.value.substr(0, field.value.find_first_of("; \t"));
    }
    return {};
}

bool is_grpc(std::string_view type) noexcept {
    constexpr std::string_view grpc = "application/grpc";
    if (!core::iequals(type.substr(0, grpc.size()), grpc)) return false;
    return type.size() == grpc.size() || type[grpc.size()] == '+' || type[grpc.size()] == '-';
}

}  // namespace

bool is_event_stream(const response_head& head) noexcept {
    return core::iequals(media_type_of(head), "text/event-stream");
}

bool is_grpc(const response_head& head) noexcept {
    return is_grpc(media_type_of(head));
}

}  // namespace gate::http
