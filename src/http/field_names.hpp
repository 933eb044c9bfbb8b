#pragma once
// Which of the known fields a name is. Names must be tokens already.

#include <gate/http/folded_names.hpp>
#include <gate/http/head_parser.hpp>

namespace gate::http {

// A name that only a receiver which folds names takes for a framing field: "Content_Length". Never forwarded.
inline constexpr field_id framing_lookalike = static_cast<field_id>(0xff);

// Of a request: the identity in any spelling, the names of watched_names.hpp, and X-Forwarded-* in odd
// spellings (x_forwarded_other, which is dropped and never read).
field_id classify_request_field(std::string_view name, const identity_names& identity) noexcept;

// Of a response or a trailer section: exact names only.
field_id classify_field(std::string_view name) noexcept;

}  // namespace gate::http
