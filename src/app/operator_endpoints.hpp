#pragma once
// The endpoints of an operating listener: which of them answers a request, and how its answer is awaited.

#include "operator_connection.hpp"
#include "operator_reply.hpp"
#include "operator_request.hpp"

#include <gate/app/operating_server.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::app {

// One connection.
struct guest {
    // In the order in which they go when there are too many.
    enum class state : std::uint8_t {
        known,     // has asked for something, and is not `served`
        newcomer,  // its first request is still to come
        served,    // a late handler works on its request
    };

    guest(core::stream_socket accepted, net::deadline_wheel& wheel)
        : connection(std::move(accepted), wheel) {}

    operator_connection connection;
    state is = state::newcomer;
    core::timer* waits_for = nullptr;  // an answer

    void close() {
        connection.close();
        if (waits_for != nullptr) waits_for->cancel();
    }
};

class operator_endpoints {
public:
    // `answer_time`: how long an answer may take.
    operator_endpoints(core::executor executor, core::duration answer_time)
        : executor_(std::move(executor)), answer_time_(answer_time) {}

    // `is_late`: the answer may come long after the request.
    void add(std::string_view method, std::string_view path, operating_server::late_handler answer,
             bool is_late) {
        known_[std::string(path)][std::string(method)] = {std::move(answer), is_late};
    }
    void serve_only_hosts(std::vector<std::string> names) { hosts_ = std::move(names); }

    awaitable<answer> answer_to(const operator_head& request, guest& asked_by) const;

private:
    struct endpoint {
        operating_server::late_handler answer;
        bool is_late = false;
    };
    using by_method = std::map<std::string, endpoint, std::less<>>;

    static std::string allowed_methods(const by_method& known);
    const endpoint* find(std::string_view method, std::string_view path, answer& no) const;

    core::executor executor_;
    core::duration answer_time_;
    std::map<std::string, by_method, std::less<>> known_;  // by path
    std::optional<std::vector<std::string>> hosts_;
};

}  // namespace gate::app
