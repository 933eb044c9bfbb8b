#pragma once
// One response over a wire.

#include <gate/app/doctor/wire.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gate::app::doctor {

struct heard {
    int status = 0;         // 0: no response
    std::string raw{};      // all bytes that came, but those of interim responses
    std::string body{};     // decoded
    std::string problem{};  // why there is no (whole) response, for people
    std::vector<std::pair<std::string, std::string>> fields{};

    // The value of the first field of that name; nothing: there is none.
    std::optional<std::string> field(std::string_view name) const;
};

// Why nothing (more) has come over it, for people.
std::string why_nothing(const wire& over);

// Sends `request` and reads the response to it, of at most 256 KiB. A response that comes before all of the
// request is sent counts; interim ones (RFC 9110 15.2) but 101 do not. `until`: for all of it.
heard ask(wire& over, std::string_view request, core::time_point until);

// Reads status and fields of the head that `into.raw` begins with. No effect: it holds none.
void read_head(heard& into);

// Reads until `what` has come within all that has come, which is added to `raw`. False: see wire::read_more.
bool wait_for(wire& over, std::string_view what, std::string& raw, core::time_point until);
// The same for the end of a head, which `raw` begins with then: interim responses are taken out.
bool wait_for_head(wire& over, std::string& raw, core::time_point until);

}  // namespace gate::app::doctor
