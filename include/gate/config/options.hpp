#pragma once
// The table of all options: it drives reading from YAML, environment and flags, printing, and the test that
// holds the reference file against the code. A new option is a member in one of the *_options.hpp, a row in
// options.cpp and an entry of config/gate-sidecar.yaml; also, where it can loosen access, a line in
// changes.cpp, and where it depends on others, one in whole_checks.cpp.

#include <gate/config/config.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace gate::config {

// How to reach a field of type T: two pointers, made from one generic lambda.
template <class T>
struct field {
    template <class Access>
    requires std::is_invocable_r_v<T&, Access, config&>
    constexpr field(Access)  // NOLINT(google-explicit-constructor): a row of the table names the member alone
        : get([](config& c) -> T& { return Access{}(c); }),
          peek([](const config& c) -> const T& { return Access{}(c); }) {}

    T& (*get)(config&);
    const T& (*peek)(const config&);
};

// The kinds of values. Ranges include both ends.
struct boolean_value {
    field<bool> at;
};
struct count_value {
    field<std::size_t> at;
    std::size_t least, most;
};
struct size_value {
    field<std::size_t> at;
    std::size_t least, most;
};
struct byte_rate_value {
    field<std::size_t> at;
    std::size_t least, most;  // bytes per second
};
struct share_value {
    field<std::size_t> at;
    std::size_t least, most;  // percents
};
struct ratio_value {
    field<unsigned> at;  // millionths; 0..1
};
struct duration_value {
    field<duration> at;
    duration least, most;
};
struct listen_value {
    field<listen_address> at;
};
// Empty: there is no such listener.
struct optional_listen_value {
    field<std::optional<listen_address>> at;
};
struct socket_mode_value {
    field<unsigned> at;
};
struct url_value {
    field<url> at;
    std::string (*check)(const url&);
    bool may_be_socket = false;  // unix:/path
};
struct text_value {
    field<std::string> at;
    std::string (*check)(std::string_view);
    std::string_view form;  // for people
};
struct choice_value {
    unsigned (*peek)(const config&);
    void (*set)(config&, unsigned);
    std::span<const std::string_view> names;  // in the order of the enumeration
};
struct workers_value {
    field<unsigned> at;
    unsigned most;
};
struct text_list {
    field<std::vector<std::string>> at;
    std::string (*check)(std::string_view);  // of one item
    std::string_view form;                   // for people
};
struct network_list {
    field<std::vector<network>> at;
};
// Pairs of files. As text: {cert_file: "tls.crt", key_file: "tls.key"}. The environment cannot set it.
struct certificate_list {
    field<std::vector<certificate_files>> at;
};

using option_kind =
    std::variant<boolean_value, count_value, size_value, byte_rate_value, share_value, ratio_value,
                 duration_value, listen_value, optional_listen_value, socket_mode_value, url_value,
                 text_value, choice_value, workers_value, text_list, network_list, certificate_list>;

// When another value in the file takes effect.
enum class change : std::uint8_t {
    live,     // with the next reload
    restart,  // with the next start: a reload says so, and goes on with the value of the start
};

struct option {
    std::string_view path;  // "cache.ttl"; without a dot at the top level
    option_kind kind;
    std::string_view doc;  // one sentence, with the meaning of zero
    change applies = change::live;

    std::string_view section() const;  // "cache", "gate.budget", or ""
    std::string_view name() const;     // "ttl"
    bool is_list() const;
};

// In the order of config.hpp; the options of a section stand together. Static storage.
std::span<const option> all_options();

// The option of that path, or null.
const option* find_option(std::string_view path);

// "GATE_SIDECAR_CACHE_TTL"
std::string variable_of(const option& which);

// "1ms..60s", "true or false": what may be written.
std::string range_of(const option& which);

struct item_problem {
    std::size_t item = 0;  // which of the values
    std::string message;
};

// Reads `values` (exactly one, unless the option is a list) into the option's field. On a problem the field
// keeps what it had.
std::vector<item_problem> assign(const option& which, std::span<const std::string> values, config& into);

// The value in the form that assign reads: one text, or one for each item of a list.
std::vector<std::string> values_of(const option& which, const config& from);

// The options of the section `upstream` with the values of one upstream: {"url", "http://127.0.0.1:3000"},
// {"tls.ca_file", ""}, ...
std::vector<std::pair<std::string_view, std::string>> upstream_values(const upstream_options& of);

// The options of the section `listener` and of those below it, with the values of one listener; their paths
// without "listener.": {"address", {"0.0.0.0:8080"}}, ...
struct listener_value {
    std::string_view path;
    const option& which;
    std::vector<std::string> values;  // as values_of()
};
std::vector<listener_value> listener_values(const listener_options& of);

}  // namespace gate::config
