#include <gate/client/failure.hpp>

#include <boost/beast/http/error.hpp>

namespace gate::client {
namespace {

namespace http = boost::beast::http;

class unasked_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "gate.client"; }
    std::string message(int) const override { return "bytes that came before the request"; }
};

const unasked_category unasked;

// A response that breaks HTTP, as against a connection that broke.
bool is_malformed(const core::error_code& ec) {
    return ec.category() == http::make_error_code(http::error::bad_version).category() &&
           ec != http::error::end_of_stream && ec != http::error::partial_message;
}

bool is_exhaustion(const core::error_code& ec) {
    namespace errc = boost::system::errc;
    return ec == errc::too_many_files_open || ec == errc::too_many_files_open_in_system ||
           ec == errc::no_buffer_space || ec == errc::not_enough_memory;
}

}  // namespace

core::error_code unasked_bytes() noexcept {
    return {1, unasked};
}

call_problem explain(const core::error_code& ec, bool in_time) {
    if (is_exhaustion(ec)) return {failure::exhausted, ec.message()};
    if (!in_time) return {failure::timed_out, {}};
    if (!ec) return {};
    if (is_malformed(ec) || ec == unasked_bytes()) return {failure::bad_answer, ec.message()};
    return {failure::unreachable, ec.message()};
}

}  // namespace gate::client
