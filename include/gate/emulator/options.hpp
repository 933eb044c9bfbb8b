#pragma once
// The command line of gate-emulator.

#include <gate/emulator/fake_gate.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gate::emulator {

struct options {
    boost::asio::ip::tcp::endpoint listen;                  // port 0: any free port
    std::optional<boost::asio::ip::tcp::endpoint> control;  // nothing: /_control/ on the API's listener
    std::string tls_cert;                                   // PEM, chain included; empty: plain HTTP
    std::string tls_key;                                    // PEM
    core::duration idle_timeout = std::chrono::seconds(75);
    std::vector<std::pair<std::string, std::string>> tokens;  // token, account
    std::optional<std::string> accept_all;
    std::vector<fault> faults;
    gate_settings gate;
};

// The program is over before it began: after --help, --version or a bad argument.
struct early_exit {
    int status = 0;
};

// Reads the command line and FOIL_SECRET_KEY. Help goes to `out`, complaints go to `err` with exit status 2.
std::variant<options, early_exit> parse_options(int argc, const char* const* argv, std::ostream& out,
                                                std::ostream& err);

}  // namespace gate::emulator
