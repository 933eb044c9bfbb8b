#pragma once
// gate-sidecar explain: what the reasons mean, and what would be decided for a request. Does not call Gate.

#include <gate/app/fleet_word.hpp>
#include <gate/config/load.hpp>
#include <gate/core/reason.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::app {

enum class explain_format { text, markdown };

// Prints all reasons, or those with these codes. Exit code 2 for a code that does not exist.
int explain_reasons(const std::vector<std::string>& codes, explain_format format);

// The connection that a request comes over, as far as that makes a difference.
struct connection_shown {
    std::string server_name;                // of a TLS handshake (SNI); empty: none
    std::vector<std::string> client_names;  // of the client's certificate; empty: it shows none
    std::string listener{};                 // by which it comes in; empty: the first one

    bool is_over_tls() const noexcept { return !server_name.empty() || !client_names.empty(); }
};

// Prints what would be decided for the request whose head is on standard input, in a fleet by what its log
// says of the token. 0 when it would be passed on, or Gate would be asked; 1 when it would be refused; 2 for
// a listener that there is none of.
int explain_request(const config::loaded& loaded, const connection_shown& over);

// The reasons as a table for people. Pure.
std::string render_reasons(const std::vector<core::reason>& which, explain_format format);

struct explanation {
    std::string text;      // lines for people; never holds the token
    bool refused = false;  // without Gate being asked
};

// What the log of the fleet says of a token. Empty: there is no fleet.
using fleet_question = std::function<fleet_word(std::string_view token)>;

// `head`: the head of a request, up to its empty line or without one; lines may end with LF alone if all do.
// `ask`: called once at most, for a token that has to be verified. Pure but for that. Precondition:
// over.listener is empty or one of the configuration.
explanation explain_head(const config::config& options, std::string_view head,
                         const connection_shown& over = {}, const fleet_question& ask = {});

}  // namespace gate::app
