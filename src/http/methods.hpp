#pragma once
// The methods that we tell apart (RFC 9110 9).

#include <gate/http/head.hpp>

#include <cstddef>
#include <string_view>

namespace gate::http {

inline constexpr std::size_t longest_method = 32;

inline method method_of(std::string_view name) noexcept {
    switch (name.size()) {
        case 3:
            if (name == "GET") return method::get;
            return name == "PUT" ? method::put : method::other;
        case 4:
            if (name == "POST") return method::post;
            return name == "HEAD" ? method::head : method::other;
        case 5:
            if (name == "PATCH") return method::patch;
            return name == "TRACE" ? method::trace : method::other;
        case 6: return name == "DELETE" ? method::delete_ : method::other;
        case 7:
            if (name == "OPTIONS") return method::options;
            return name == "CONNECT" ? method::connect : method::other;
        default: return method::other;
    }
}

}  // namespace gate::http
