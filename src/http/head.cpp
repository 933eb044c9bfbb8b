#include <gate/http/head.hpp>

#include <algorithm>

namespace gate::http {
namespace {

const field* find_in(const std::vector<field>& fields, field_id id) noexcept {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [id](const field& f) { return f.id == id; });
    return found == fields.end() ? nullptr : &*found;
}

std::size_t count_in(const std::vector<field>& fields, field_id id) noexcept {
    return static_cast<std::size_t>(
        std::count_if(fields.begin(), fields.end(), [id](const field& f) { return f.id == id; }));
}

}  // namespace

const field* request_head::find(field_id id) const noexcept {
    return has(id) ? find_in(fields, id) : nullptr;
}
std::size_t request_head::count(field_id id) const noexcept {
    return has(id) ? count_in(fields, id) : 0;
}
const field* response_head::find(field_id id) const noexcept {
    return has(id) ? find_in(fields, id) : nullptr;
}
std::size_t response_head::count(field_id id) const noexcept {
    return has(id) ? count_in(fields, id) : 0;
}

bool is_idempotent(method verb) noexcept {
    switch (verb) {
        case method::get:
        case method::head:
        case method::options:
        case method::put:
        case method::delete_: return true;
        default: return false;
    }
}

}  // namespace gate::http
