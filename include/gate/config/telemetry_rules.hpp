#pragma once
// What the values of `telemetry` may be. The checks return what is wrong with a value, or "". Pure.

#include <gate/config/scalars.hpp>
#include <gate/core/secret_string.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gate::config {

// The URL of a collector, or "": http or https, without a user and a query.
std::string check_collector_url(std::string_view text);

// One line of UTF-8 of at most 255 bytes, or "".
std::string check_service_name(std::string_view text);

// What is between any of the separators, without blanks around it, but for what is blank.
std::vector<std::string_view> items_of(std::string_view text, std::string_view separators);

// "key=value" as in OTEL_RESOURCE_ATTRIBUTES: both sides may have %-escapes. Each is one line of UTF-8 after
// decoding.
std::string check_resource_attribute(std::string_view text);

inline constexpr std::size_t most_resource_attributes = 64;

// The two sides of it, decoded. Precondition: it is acceptable.
std::pair<std::string, std::string> read_resource_attribute(std::string_view text);

// Fields of the requests to a collector, as OTEL_EXPORTER_OTLP_HEADERS has them: name=value, separated by
// commas or line ends, with %-escapes in the values. At most 16, each once; none that frames a message.
// Refused as a whole otherwise; what is returned is the same text.
parsed<core::secret_string> check_export_headers(core::secret_string text);

struct export_header {
    std::string name;
    core::secret_string value;
};
// What it holds, decoded. Precondition: it is acceptable; empty: nothing.
std::vector<export_header> read_export_headers(const core::secret_string& text);

}  // namespace gate::config
