#include <gate/app/doctor/talk.hpp>
#include <gate/core/text.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>

namespace gate::app::doctor {
namespace {

namespace http = boost::beast::http;
using parser = http::response_parser<http::string_body>;

constexpr std::size_t most_bytes = 256 * 1024;
constexpr std::string_view head_end = "\r\n\r\n";

void take(parser& from, heard& into) {
    const auto& message = from.get();
    into.status = static_cast<int>(message.result_int());
    into.body = message.body();
    for (const auto& each : message)
        into.fields.emplace_back(std::string(each.name_string()), std::string(each.value()));
}

// How many bytes it has used.
std::size_t feed(parser& to, std::string_view bytes, boost::system::error_code& ec) {
    const auto used = to.put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
    if (ec == http::error::need_more) ec = {};
    return used;
}

// Takes interim responses away, which have no body. False: what follows them has not come.
bool skip_interim(std::string& raw) {
    constexpr std::string_view line = "HTTP/1.1 200";
    for (;;) {
        if (raw.size() < line.size()) return false;
        const auto status = std::string_view(raw).substr(line.size() - 3, 3);
        if (!raw.starts_with("HTTP/1.") || status.front() != '1' || status == "101") return true;
        const auto end = raw.find(head_end);
        if (end == std::string::npos) return false;
        raw.erase(0, end + head_end.size());
    }
}

}  // namespace

std::string why_nothing(const wire& over) {
    if (!over.problem().empty()) return over.problem();
    return over.timed_out() ? "no answer in time" : "the connection was closed without an answer";
}

std::optional<std::string> heard::field(std::string_view name) const {
    const auto found =
        std::ranges::find_if(fields, [&](const auto& each) { return core::iequals(each.first, name); });
    return found == fields.end() ? std::nullopt : std::optional(found->second);
}

heard ask(wire& over, std::string_view request, core::time_point until) {
    heard out;
    over.send(request, until);  // an answer may have come although the peer has not read it all
    parser reading;
    reading.eager(true);
    reading.body_limit(most_bytes);
    std::size_t used = 0;
    boost::system::error_code ec;
    while (!reading.is_done() && !ec && out.raw.size() < most_bytes) {
        if (!over.read_more(out.raw, until)) {
            if (!over.timed_out() && reading.got_some()) reading.put_eof(ec);
            break;
        }
        if (used == 0 && !skip_interim(out.raw)) continue;
        used += feed(reading, std::string_view(out.raw).substr(used), ec);
    }
    if (reading.is_header_done()) take(reading, out);
    if (reading.is_done()) return out;
    out.problem = ec ? ec.message() : why_nothing(over);
    return out;
}

void read_head(heard& into) {
    parser reading;
    boost::system::error_code ec;
    feed(reading, into.raw, ec);
    if (!ec && reading.is_header_done()) take(reading, into);
}

bool wait_for(wire& over, std::string_view what, std::string& raw, core::time_point until) {
    while (raw.find(what) == std::string::npos) {
        if (raw.size() > most_bytes || !over.read_more(raw, until)) return false;
    }
    return true;
}

bool wait_for_head(wire& over, std::string& raw, core::time_point until) {
    while (!skip_interim(raw) || raw.find(head_end) == std::string::npos) {
        if (raw.size() > most_bytes || !over.read_more(raw, until)) return false;
    }
    return true;
}

}  // namespace gate::app::doctor
