#include "chars.hpp"

#include <gate/http/framing.hpp>
#include <gate/http/head_parser.hpp>

namespace gate::http {
namespace {

// More than any honest message names; bounds the work of comparing each field with each name.
constexpr std::size_t most_options = 32;

void read_option(std::string_view option, connection_options& out) {
    if (core::iequals(option, "keep-alive")) {
        out.keep_alive = true;
    } else if (core::iequals(option, "close")) {
        out.close = true;
    } else if (core::iequals(option, "upgrade")) {
        out.upgrade = true;
    } else if (core::iequals(option, "te")) {
        out.te = true;
    } else if (!is_token(option) || out.others.size() == most_options) {
        out.malformed = true;
    } else {
        out.others.push_back(option);
    }
}

// A list whose empty members do not count (RFC 9110 5.6.1).
void read_list(std::string_view list, connection_options& out) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto option = core::trim(list.substr(0, comma));
        if (!option.empty()) read_option(option, out);
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

}  // namespace

void connection_options::clear() noexcept {
    close = keep_alive = upgrade = te = malformed = false;
    others.clear();
}

template <class Head>
void read_connection_options(const Head& head, connection_options& out) {
    out.clear();
    if (!head.has(field_id::connection)) return;
    for (const field& f : head.fields)
        if (f.id == field_id::connection) read_list(f.value, out);
}

template void read_connection_options(const request_head& head, connection_options& out);
template void read_connection_options(const response_head& head, connection_options& out);

}  // namespace gate::http
