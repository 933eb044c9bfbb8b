#include <gate/emulator/reply.hpp>

#include <boost/beast/http/status.hpp>

namespace gate::emulator {

std::string to_wire(const reply& answer, wire_options how, wall_time now) {
    const bool bodiless = answer.status == 204 || answer.status == 304;
    const auto phrase =
        boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(answer.status));
    std::string out = "HTTP/1.1 " + std::to_string(answer.status) + " ";
    out.append(phrase.data(), phrase.size());
    out += "\r\nDate: " + http_date(now) + "\r\n";
    for (const auto& [name, value] : answer.fields)
        out.append(name).append(": ").append(value).append("\r\n");
    if (!bodiless) {
        if (!answer.body.empty()) out += "Content-Type: application/json\r\n";
        out += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
    }
    if (!how.keep_alive) out += "Connection: close\r\n";
    out += "\r\n";
    if (!bodiless && !how.head_only) out += answer.body;
    return out;
}

}  // namespace gate::emulator
