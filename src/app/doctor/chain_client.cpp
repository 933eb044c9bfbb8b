#include <gate/app/doctor/chain_client.hpp>
#include <gate/app/doctor/chain_section.hpp>
#include <gate/client/request.hpp>

#include <utility>

namespace gate::app::doctor {
namespace {

constexpr std::chrono::seconds patience{10};  // for one request
constexpr std::chrono::seconds patience_to_listen{5};
constexpr std::chrono::seconds patience_to_try{10};  // after which no other try is begun
constexpr int most_tries = 20;  // until the load balancer has chosen the replica that knows the nonce

}  // namespace

std::string chain_client::target_of(std::string_view what) const {
    return url_.path + path_ + "/" + std::string(what);
}

wire chain_client::connect(core::time_point until) const {
    auto out = wire::to_url(url_, until);
    if (out.is_open() && url_.tls) out.shake_hands({.ca_file = ca_file_, .server_name = url_.host}, until);
    return out;
}

std::string chain_client::request_for(std::string_view what, std::string_view lines) const {
    return "GET " + target_of(what) + " HTTP/1.1\r\nHost: " + client::authority_of(url_) +
           "\r\nUser-Agent: gate-sidecar-doctor\r\n" + std::string(lines) + "\r\n";
}

heard chain_client::ask_once(std::string_view request) const {
    const auto until = core::clock::now() + patience;
    auto over = connect(until);
    return ask(over, request, until);
}

// What has not been answered in time is not asked again: it would take minutes.
template <class Predicate>
heard chain_client::ask_until(std::string_view request, Predicate is_it) const {
    heard out;
    const auto end = core::clock::now() + patience_to_try;
    for (int tried = 0; tried < most_tries && core::clock::now() < end; ++tried) {
        out = ask_once(request);
        if (out.status == 0 || is_it(out)) break;
    }
    return out;
}

heard chain_client::ask_echo(std::string_view request) const {
    return ask_until(request, [](const heard& got) { return is_of_echo(got) || read_echo(got.body); });
}

heard chain_client::ask_refusal(std::string_view request) const {
    return ask_until(request, [](const heard& got) { return got.status == 401 && is_our_error(got); });
}

// Where something takes the mark away, the last try is taken for an answer of the echo.
bool chain_client::listen(std::string_view request, std::string_view what, heard& got) const {
    const auto end = core::clock::now() + patience_to_try;
    for (int tried = 1; tried <= most_tries; ++tried) {
        const auto until = core::clock::now() + patience_to_listen;
        auto over = connect(until);
        got = {};
        over.send(request, until);
        if (!wait_for_head(over, got.raw, until)) {
            got.problem = why_nothing(over);
            return false;
        }
        read_head(got);
        if (!is_of_echo(got) && tried < most_tries && core::clock::now() < end) continue;
        return got.status < 300 && wait_for(over, what, got.raw, until);
    }
    return false;
}

}  // namespace gate::app::doctor
