#pragma once
// Fields that move a request to another path or method than the one that was decided about (rule 7). They are
// removed, unless the configuration lets one pass.

#include <gate/http/head.hpp>

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace gate::http {

// In lower case.
inline constexpr std::array<std::string_view, 6> rerouting_names{
    "x-http-method",  "x-http-method-override", "x-method-override",
    "x-original-uri", "x-original-url",         "x-rewrite-url"};

// Whether `name` is one of them, in any case.
bool is_rerouting_name(std::string_view name) noexcept;

// Turns field_id::rerouting into rerouting_passed where `names` has the field's name, in any case. Other
// spellings that fold to it are removed nevertheless.
void let_rerouting_pass(request_head& head, std::span<const std::string> names) noexcept;

}  // namespace gate::http
