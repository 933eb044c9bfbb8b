// Any request: what we would forward is read alike by an independent strict reader and by Beast, as one
// request with the same method, target, fields and body framing, and exactly one identity however names are
// folded.

#include "forwarded.hpp"
#include "strict_request.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <cstddef>

using namespace gate;
namespace beast_http = boost::beast::http;

namespace {

// As a gateway interface in the manner of CGI folds it.
std::string folded(std::string name) {
    for (char& c : name)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '-';
    return name;
}

void check_identity(const fuzz::strict_request& seen) {
    std::size_t identities = 0;
    for (const auto& [name, value] : seen.fields) {
        const std::string flat = folded(name);
        if (flat == "x-account") {
            ++identities;
            fuzz::check(name == "x-account" && value == "gacct_1", "the identity is the one that we set");
        }
        fuzz::check(!flat.starts_with("x-gate-") || name == "x-gate-verification", "the family is ours");
        fuzz::check(flat != "content-length" || name == flat, "no second spelling of Content-Length");
        fuzz::check(flat != "transfer-encoding" || name == flat, "no second spelling of Transfer-Encoding");
    }
    fuzz::check(identities == 1, "exactly one identity");
}

std::string framing_of(const http::body_framing& framing) {
    if (framing.kind == http::body_kind::chunked) return "chunked";
    return framing.kind == http::body_kind::counted ? std::to_string(framing.length) : "";
}

using field_list = std::vector<std::pair<std::string, std::string>>;

void check_beast(const std::string& text, const fuzz::strict_request& seen) {
    beast_http::request_parser<beast_http::empty_body> parser;
    parser.header_limit(1 << 20);
    parser.body_limit(boost::none);
    boost::beast::error_code ec;
    const std::size_t taken = parser.put(boost::asio::buffer(text), ec);
    fuzz::check(!ec && parser.is_header_done(), "Beast accepts what we forward");
    fuzz::check(taken == text.size(), "Beast sees the head end where we do");
    const auto& message = parser.get();
    fuzz::check(message.method_string() == seen.method && message.target() == seen.target,
                "the same request line");
    fuzz::check(parser.chunked() == (seen.framing == "chunked"), "chunked alike");
    const auto length = parser.content_length();
    fuzz::check(length ? std::to_string(*length) == seen.framing : (seen.framing.empty() || parser.chunked()),
                "the same length");

    field_list beast_fields;
    for (const auto& f : message)
        beast_fields.emplace_back(fuzz::strict::lower(std::string(f.name_string())), std::string(f.value()));
    field_list ours = seen.fields;
    std::stable_sort(ours.begin(), ours.end());
    std::stable_sort(beast_fields.begin(), beast_fields.end());
    fuzz::check(ours == beast_fields, "the same fields");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    static const http::identity_names identity("X-Account");
    static fuzz::forwarded was;
    if (!fuzz::forward({reinterpret_cast<const char*>(data) + 1, size - 1}, data[0], identity, was)) return 0;

    const auto seen = fuzz::read_strictly(was.text);
    fuzz::check(seen.has_value(), "a strict reader accepts what we forward");
    fuzz::check(seen->size == was.text.size(), "one head and nothing behind it");
    fuzz::check(seen->method == was.head.method_name, "the same method");
    fuzz::check(seen->framing == framing_of(was.framing), "the same framing");
    check_identity(*seen);
    check_beast(was.text, *seen);
    return 0;
}
