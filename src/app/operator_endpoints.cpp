#include "operator_endpoints.hpp"

#include <algorithm>

namespace gate::app {
namespace {

namespace http = boost::beast::http;

// An answer that may come later: the waiting coroutine is woken by it, or by its deadline.
struct expected_answer {
    explicit expected_answer(const core::executor& executor) : due(executor) {}

    core::timer due;
    std::optional<endpoint_reply> reply;
};

// An answer that is too late is dropped. A request that has been given to its handler is not taken back: the
// handler goes on although its client has gone.
awaitable<endpoint_reply> ask(guest* asked_by, core::executor executor,
                              const operating_server::late_handler* handler, endpoint_request request,
                              core::duration patience) {
    const auto expected = std::make_shared<expected_answer>(executor);
    expected->due.expires_after(patience);
    bool failed = false;
    try {
        (*handler)(std::move(request), [weak = std::weak_ptr(expected)](endpoint_reply reply) {
            const auto waiting = weak.lock();
            if (!waiting || waiting->reply) return false;
            waiting->reply = std::move(reply);
            waiting->due.cancel();
            return true;
        });
    } catch (const std::exception&) {
        failed = true;
    }
    if (failed) co_return plain(500, "internal error");
    if (!expected->reply) {
        asked_by->waits_for = &expected->due;
        co_await expected->due.async_wait(use_awaitable);
        asked_by->waits_for = nullptr;
    }
    if (!expected->reply) co_return plain(504, "no answer in time");
    co_return std::move(*expected->reply);
}

endpoint_request request_of(const operator_head& request) {
    endpoint_request out;
    if (request.count(http::field::authorization) == 1)
        out.authorization = core::secret_string(std::string(view(request[http::field::authorization])));
    out.body = core::secret_string(std::string(request.body().data(), request.body().size()));
    const auto [begin, end] = request.equal_range(http::field::accept);
    for (auto each = begin; each != end; ++each) {
        if (!out.accept.empty()) out.accept += ',';
        out.accept += view(each->value());
    }
    return out;
}

}  // namespace

std::string operator_endpoints::allowed_methods(const by_method& known) {
    std::string list;
    for (const auto& [method, unused] : known) {
        list += (list.empty() ? "" : ", ") + method;
        if (method == "GET") list += ", HEAD";
    }
    return list;
}

// The endpoint that serves the request, or else nullptr and the refusal in `no`.
const operator_endpoints::endpoint* operator_endpoints::find(std::string_view method, std::string_view path,
                                                             answer& no) const {
    const auto at_path = known_.find(path);
    if (at_path == known_.end()) {
        no.reply = plain(404, "not found");
        return nullptr;
    }
    const auto found = at_path->second.find(method == "HEAD" ? "GET" : method);
    if (found != at_path->second.end()) return &found->second;
    no = {plain(405, "method not allowed"), allowed_methods(at_path->second)};
    return nullptr;
}

awaitable<answer> operator_endpoints::answer_to(const operator_head& request, guest& asked_by) const {
    asked_by.is = guest::state::known;
    answer out{plain(400, "bad request"), {}};
    if (!is_well_addressed(request) || !is_well_framed(request)) co_return out;
    if (hosts_ && !is_meant_for(*hosts_, request)) {
        out.reply = plain(421, "this listener does not serve this host: see admin.hosts");
        co_return out;
    }
    const bool only_reads = request.method() == http::verb::get || request.method() == http::verb::head;
    if (hosts_ && !only_reads && comes_from_elsewhere(request)) {
        out.reply = plain(403, "this listener takes no requests from pages of other origins");
        co_return out;
    }
    const auto* found = find(view(request.method_string()), path_of(view(request.target())), out);
    if (found == nullptr) co_return out;
    if (found->is_late) asked_by.is = guest::state::served;
    auto given = request_of(request);
    auto reply = co_await ask(&asked_by, executor_, &found->answer, std::move(given), answer_time_);
    out.reply = std::move(reply);
    co_return out;
}

}  // namespace gate::app
