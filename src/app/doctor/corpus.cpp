#include <gate/app/doctor/corpus.hpp>
#include <gate/core/text.hpp>

#include <algorithm>
#include <array>
#include <iterator>

namespace gate::app::doctor {
namespace {

using namespace std::string_view_literals;

std::string with(std::string text, char separator) {
    std::ranges::replace(text, '-', separator);
    return text;
}

// threats.md, Framing. RFC 9112 6.1 and 6.3; 5.1 and 5.2; 2.2.
constexpr std::array refused{
    unclear_request{"Content-Length before Transfer-Encoding", "POST / HTTP/1.1",
                    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"},
    unclear_request{"Transfer-Encoding before Content-Length", "POST / HTTP/1.1",
                    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"},
    unclear_request{"Transfer-Encoding: gzip", "POST / HTTP/1.1", "Transfer-Encoding: gzip\r\n", "0\r\n\r\n"},
    unclear_request{"Transfer-Encoding: chunked, gzip", "POST / HTTP/1.1",
                    "Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"},
    unclear_request{"Transfer-Encoding: xchunked", "POST / HTTP/1.1", "Transfer-Encoding: xchunked\r\n",
                    "0\r\n\r\n"},
    unclear_request{"Transfer-Encoding: identity", "POST / HTTP/1.1", "Transfer-Encoding: identity\r\n",
                    "0\r\n\r\n"},
    unclear_request{"Transfer-Encoding: chunked;q=1", "POST / HTTP/1.1", "Transfer-Encoding: chunked;q=1\r\n",
                    "0\r\n\r\n"},
    unclear_request{"Transfer-Encoding twice", "POST / HTTP/1.1",
                    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"},
    unclear_request{"Transfer-Encoding in HTTP/1.0", "POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n",
                    "0\r\n\r\n"},
    unclear_request{"Content-Length: 5, 5", "POST / HTTP/1.1", "Content-Length: 5, 5\r\n", "0\r\n\r\n"},
    unclear_request{"Content-Length twice", "POST / HTTP/1.1", "Content-Length: 5\r\nContent-Length: 5\r\n",
                    "0\r\n\r\n"},
    unclear_request{"Content-Length: +5", "POST / HTTP/1.1", "Content-Length: +5\r\n", "0\r\n\r\n"},
    unclear_request{"an empty Content-Length", "POST / HTTP/1.1", "Content-Length: \r\n"},
    unclear_request{"a Content-Length of more than 64 bits", "POST / HTTP/1.1",
                    "Content-Length: 18446744073709551617\r\n", "x"},
    unclear_request{"a chunk size that is no number", "POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n",
                    "0x5\r\nhello\r\n0\r\n\r\n"},
    unclear_request{"a chunk size of more than 64 bits", "POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n",
                    "10000000000000005\r\nhello\r\n0\r\n\r\n"},
    unclear_request{"a chunk size before a line feed alone", "POST / HTTP/1.1",
                    "Transfer-Encoding: chunked\r\n", "5\nhello\r\n0\r\n\r\n"},
    unclear_request{"a chunk extension without a name", "POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n",
                    "5;=\r\nhello\r\n0\r\n\r\n"},
    unclear_request{"spaces in a field name", "GET / HTTP/1.1", "X Gate Account Id: gacct_attacker\r\n"},
    unclear_request{"a line that continues the one before", "GET / HTTP/1.1", "X-A: b\r\n c: d\r\n"},
    unclear_request{"a space before a colon", "GET / HTTP/1.1", "X-A : b\r\n"},
    unclear_request{"an empty field name", "GET / HTTP/1.1", ": b\r\n"},
    unclear_request{"a NUL in a value", "GET / HTTP/1.1", "X-A: b\0c\r\n"sv},
    unclear_request{"a line feed alone in a value", "GET / HTTP/1.1", "X-A: b\nX-C: d\r\n"},
    unclear_request{"a carriage return alone in a value", "GET / HTTP/1.1", "X-A: b\rX-C: d\r\n"},
    unclear_request{"Host twice", "GET / HTTP/1.1", "Host: another\r\n"},
    unclear_request{"no Host", "GET / HTTP/1.1", "", "", false},
    unclear_request{"Authorization twice", "GET / HTTP/1.1", "Authorization: Bearer agt_other\r\n"},
    unclear_request{"a fragment in the target", "GET /#x HTTP/1.1", ""},
    unclear_request{"CONNECT", "CONNECT another:443 HTTP/1.1", ""},
    unclear_request{"TRACE", "TRACE / HTTP/1.1", ""},
    unclear_request{"an upgrade with a body", "POST / HTTP/1.1",
                    "Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n", "0\r\n\r\n"},
};

constexpr std::size_t harmless = 2;  // of the first

}  // namespace

std::vector<std::string> spellings_of(std::string_view name, separators with_them) {
    const std::string own(name);
    std::vector<std::string> out{own, core::lowered(own), core::uppered(own)};
    for (const char separator : with_them == separators::all ? "_.!~#$%&'*+^`|"sv : "_."sv)
        out.push_back(with(own, separator));
    out.push_back(core::lowered(with(own, '_')));
    out.push_back(core::uppered(with(own, '_')));
    auto mixed = own;
    if (const auto first = mixed.find('-'); first != std::string::npos) mixed[first] = '_';
    out.push_back(std::move(mixed));
    std::ranges::sort(out.begin() + 1, out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

std::vector<std::string> spellings_of_identity(std::string_view name, separators with_them) {
    constexpr std::string_view usual_name = "X-Gate-Account-Id";
    auto out = spellings_of(name, with_them);
    if (core::iequals(name, usual_name)) return out;
    auto more = spellings_of(usual_name, with_them);
    out.insert(out.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
    return out;
}

bool is_unusual(std::string_view spelling, std::string_view name) noexcept {
    const auto is_usual = [](char c) { return c == '-' || core::is_alphanumeric(c); };
    return !core::iequals(spelling, name) && !std::ranges::all_of(spelling, is_usual);
}

std::span<const unclear_request> unclear_requests() noexcept {
    return refused;
}

std::span<const unclear_request> harmless_unclear_requests() noexcept {
    return std::span<const unclear_request>(refused).first(harmless);
}

std::string text_of(const unclear_request& what, std::string_view host, std::string_view more) {
    std::string out(what.method);
    out += "\r\n";
    if (what.has_host) out.append("Host: ").append(host).append("\r\n");
    out.append(more).append(what.fields).append("\r\n").append(what.body);
    return out;
}

}  // namespace gate::app::doctor
