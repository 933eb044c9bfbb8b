#include <gate/app/operator_client.hpp>
#include <gate/app/run_to_end.hpp>
#include <gate/client/http_client.hpp>
#include <gate/client/pinned_tls.hpp>
#include <gate/net/tls_files.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/udp.hpp>
#include <rapidjson/document.h>

#include <array>
#include <utility>

namespace gate::app {
namespace {

std::string message_in(const std::string& body) {
    rapidjson::Document document;
    document.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag>(body.data(),
                                                                                           body.size());
    if (document.HasParseError() || !document.IsObject() || !document.HasMember("error")) return {};
    const auto& error = document["error"];
    if (!error.IsObject() || !error.HasMember("message") || !error["message"].IsString()) return {};
    return error["message"].GetString();
}

// Of the certificates that the process should show.
config::parsed<std::vector<std::string>> digests_of(const std::vector<config::certificate_files>& files) {
    std::vector<std::string> out;
    for (const auto& each : files) {
        auto digest = net::read_certificate_digest(each.cert_file);
        if (!digest) return config::refusal{digest.error()};
        out.push_back(std::move(*digest));
    }
    return out;
}

std::string told_of_stranger(const std::string& shown, const std::vector<std::string>& known) {
    std::string out =
        "shows a certificate with SHA-256 " + shown + ", and admin.tls.certificates has SHA-256 ";
    for (std::size_t i = 0; i < known.size(); ++i) out += (i == 0 ? "" : ", ") + known[i];
    return out + ": the process has not loaded the files yet, or has refused them, as its log says then";
}

// An address that nobody else can have answered from.
bool is_of_this_machine(const config::url& what) {
    if (!what.socket.empty()) return true;
    core::error_code ec;
    const auto address = boost::asio::ip::make_address(what.host, ec);
    if (ec || address.is_loopback()) return !ec;
    core::asio::io_context context{1};
    boost::asio::ip::udp::socket probe(context);
    probe.open(address.is_v4() ? boost::asio::ip::udp::v4() : boost::asio::ip::udp::v6(), ec);
    if (!ec) probe.bind({address, 0}, ec);
    return !ec;
}

// `as`: null: in clear text.
operator_answer call_here(const config::url& to, const client::request& what, client::clear_text plain,
                          const std::shared_ptr<client::pinned_tls>& as, core::time_point deadline) {
    operator_answer out;
    core::asio::io_context context{1};
    client::client_options options;
    options.max_idle = 0;
    options.plain = plain;
    client::http_client here(context.get_executor(), to, as ? client::pinned_tls::context_of(as) : nullptr,
                             options);
    auto came = run_to_end(context, here.call(what, deadline));
    if (came.problem.kind != client::failure::none) return out;
    out.status = came.answer.status();
    out.status_line = "HTTP/1.1 " + std::to_string(out.status) + " " + std::string(came.answer.head.reason());
    out.body = std::move(came.answer.body);
    return out;
}

}  // namespace

std::optional<config::url> reachable(const config::listen_address& where) {
    if (where.is_from_systemd()) return std::nullopt;
    if (where.is_socket()) return config::url{false, "localhost", 80, "", where.socket};
    auto address = boost::asio::ip::make_address(where.host);
    if (address.is_unspecified()) {
        if (address.is_v4()) {
            address = boost::asio::ip::address_v4::loopback();
        } else {
            address = boost::asio::ip::address_v6::loopback();
        }
    }
    return config::url{false, address.to_string(), where.port, ""};
}

operator_answer ask_admin(const config::listen_address& where, const config::operating_tls_options& tls,
                          const core::secret_string& admin_token, std::string_view method,
                          std::string_view path, const core::secret_string& body, core::time_point deadline) {
    auto to = reachable(where);
    operator_answer out;
    if (!to) return out;
    std::shared_ptr<client::pinned_tls> as;
    std::vector<std::string> known;
    if (tls.is_on()) {
        auto digests = digests_of(tls.certificates);
        if (!digests) {
            out.unsent = "cannot be asked: " + digests.error();
            return out;
        }
        known = *digests;
        to->tls = true;
        as = client::pinned_tls::make(known).value();
    }
    const std::array<client::field, 2> fields{
        {{"Connection", "close"}, {"Content-Type", "application/json"}}};
    const client::request what{.method = method,
                               .target = path,
                               .bearer = admin_token.reveal(),
                               .fields = fields,
                               .body = body.reveal()};
    out = call_here(*to, what, client::clear_text::loopback_only, as, deadline);
    out.message = message_in(out.body);
    out.is_stranger = as && !as->refused().empty();
    if (out.is_stranger) out.unsent = told_of_stranger(as->refused(), known);
    return out;
}

operator_answer ask_readiness(const config::listen_address& where, bool over_tls, core::time_point deadline) {
    auto to = reachable(where);
    operator_answer out;
    if (!to) return out;
    if (over_tls && !is_of_this_machine(*to)) {
        out.unsent = "is not an address of this machine";
        return out;
    }
    to->tls = over_tls;
    const auto as = over_tls ? client::pinned_tls::make(std::nullopt).value() : nullptr;
    const std::array<client::field, 1> fields{{{"Connection", "close"}}};
    const client::request what{.target = "/readyz", .fields = fields};
    return call_here(*to, what, client::clear_text::anywhere, as, deadline);
}

}  // namespace gate::app
