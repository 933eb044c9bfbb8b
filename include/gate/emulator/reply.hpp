#pragma once
// One call and its answer, as values: what the API and the control API decide on, away from any socket.

#include <gate/emulator/time_text.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gate::emulator {

struct request {
    std::string method;
    std::string target;         // origin form, with its query
    std::string authorization;  // the field's value; empty: no such field
    std::string body;

    std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
};

struct field {
    std::string name;
    std::string value;
    bool operator==(const field&) const = default;
};

struct reply {
    unsigned status = 200;
    std::vector<field> fields;  // besides Date, Content-Type, Content-Length and Connection
    std::string body;           // JSON; empty: none
};

struct wire_options {
    bool keep_alive = true;
    bool head_only = false;  // the request was a HEAD
};

// The response as it goes over the wire (RFC 9112). 204 and 304 never carry a body.
std::string to_wire(const reply& answer, wire_options how, wall_time now);

}  // namespace gate::emulator
