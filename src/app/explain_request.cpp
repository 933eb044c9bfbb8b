// gate-sidecar explain --request
#include <gate/app/command_line.hpp>
#include <gate/app/commands.hpp>
#include <gate/app/explain.hpp>
#include <gate/auth/token.hpp>
#include <gate/config/problem.hpp>
#include <gate/http/rerouting.hpp>
#include <gate/http/rewrite.hpp>
#include <gate/http/traceparent.hpp>
#include <gate/http/wishes.hpp>
#include <gate/proxy/context.hpp>
#include <gate/proxy/failure_reply.hpp>

#include <array>
#include <iostream>

namespace gate::app {
namespace {

using auth::requirement;
using auth::token_kind;
using core::reason;
using http::field_id;

// With CRLF, as it would come over a connection. What has both line ends is left as it is: it is a request
// with bare LFs.
std::string as_on_the_wire(std::string_view head) {
    if (head.find('\r') != std::string_view::npos) {
        std::string out(head);
        if (out.find("\r\n\r\n") == std::string::npos) out += out.ends_with("\r\n") ? "\r\n" : "\r\n\r\n";
        return out;
    }
    std::string out;
    for (const char c : head) out += c == '\n' ? "\r\n" : std::string(1, c);
    if (out.find("\r\n\r\n") == std::string::npos) out += out.ends_with("\r\n") ? "\r\n" : "\r\n\r\n";
    return out;
}

const char* text_of(requirement needs) {
    switch (needs) {
        case requirement::required: return "required: a valid agent token";
        case requirement::optional: return "optional: a valid agent token, or none (auth.mode)";
        case requirement::none: return "none: a public path (auth.public_paths)";
    }
    return "";
}

std::string text_of(const auth::bearer& token) {
    switch (token.kind) {
        case token_kind::absent: return "absent";
        case token_kind::other_credentials: return "other credentials, which are not an agent token";
        case token_kind::misplaced:
            return "misplaced: other credentials that hold an agent token, which nobody verifies";
        case token_kind::malformed: return "malformed: meant as an agent token, and unusable";
        case token_kind::agent:
            return "an agent token of " + std::to_string(token.token.size()) + " characters";
    }
    return {};
}

class explainer {
public:
    explainer(const config::config& options, std::string_view head)
        : snapshot_(options), text_(as_on_the_wire(head)) {}

    explanation run() {
        const reason why = read();
        if (why != reason::none) {
            refuse(why);
        } else {
            decide();
        }
        return std::move(out_);
    }

private:
    void line(std::string_view name, std::string_view what) {
        out_.text.append(name).append(std::string(10 - name.size(), ' ')).append(what).append("\n");
    }

    void refuse(reason why) {
        out_.refused = true;
        const auto status = proxy::failure_of(why).status;
        line("decision", "refused with " + std::to_string(status) + ' ' + std::string(core::to_string(why)) +
                             ": " + std::string(core::describe(why)));
    }

    // In the order of proxy::exchange.
    reason read() {
        http::head_finder finder(snapshot_.head_limits);
        const auto size = finder.find(text_);
        if (!size) return core::reason_of(size.error());
        const auto parsed = http::parse_request_head(std::string_view(text_).substr(0, *size),
                                                     snapshot_.head_limits, snapshot_.identity, head_);
        if (!parsed) return core::reason_of(parsed.error());
        http::let_rerouting_pass(head_, snapshot_.options.forwarded.pass);
        http::read_connection_options(head_, connection_);
        const auto target = http::read_target(head_);
        if (!target) return core::reason_of(target.error());
        target_ = *target;
        const auto host = http::read_host(head_, target_);
        if (!host) return core::reason_of(host.error());
        host_ = *host;
        if (connection_.malformed) return reason::bad_field;
        const auto framing = http::request_framing(head_);
        if (!framing) return core::reason_of(framing.error());
        framing_ = *framing;
        const auto wishes = http::read_wishes(head_, connection_, framing_);
        if (!wishes) return core::reason_of(wishes.error());
        websocket_ = wishes->websocket;
        return reason::none;
    }

    void decide() {
        const auto bearer = auth::extract_bearer(head_);
        line("request", config::in_quotes(head_.method_name) + ' ' + config::in_quotes(target_.path) +
                            ", HTTP/1." + std::to_string(head_.minor) + (websocket_ ? ", a WebSocket" : ""));
        if (!bearer) return refuse(core::reason_of(bearer.error()));
        const auto needs =
            snapshot_.policy.requirement_for(target_.path, head_.has(field_id::rerouting_passed));
        line("policy", text_of(needs));
        line("token", text_of(*bearer));
        const bool is_ours = bearer->kind == token_kind::agent || bearer->kind == token_kind::malformed;
        if (needs == requirement::none) {
            line("decision", "passed on without an identity (public_path); Gate is not asked");
            return tell_removed(auth::holds_agent_token(bearer->kind));
        }
        if (!is_ours) {
            if (needs == requirement::required) return refuse(reason::token_missing);
            line("decision", "passed on without an identity (no_token); Gate is not asked");
            return tell_removed(auth::holds_agent_token(bearer->kind));
        }
        if (bearer->kind == token_kind::malformed) return refuse(reason::token_malformed);
        line("decision", "Gate is asked, unless the cache knows: passed on with " +
                             snapshot_.options.auth.header_name +
                             " if the token is valid, 401 if not, 503 if Gate cannot be asked");
        tell_removed(!snapshot_.options.upstream.forward_token);
    }

    // What does not reach the upstream as it came, whoever is right about the token.
    void tell_removed(bool drop_authorization) {
        std::string sent;
        http::append_upstream_head(head_,
                                   {.target = target_,
                                    .connection = connection_,
                                    .framing = framing_,
                                    .host = host_,
                                    .identity_line = {},
                                    .verification_line = {},
                                    .client_address = "192.0.2.1",
                                    .forwarded_for = {},
                                    .forwarded_proto = "http",
                                    .forwarded_host = {},
                                    .request_id = {},
                                    .traceparent = {},
                                    .continues_trace = !http::incoming_trace(head_).empty(),
                                    .drop_authorization = drop_authorization,
                                    .upgrade_websocket = websocket_},
                                   sent);
        std::string names;
        for (const auto& field : head_.fields) {
            if (sent.find("\r\n" + std::string(field.line)) != std::string::npos) continue;
            names += (names.empty() ? "" : ", ") + config::in_quotes(field.name);
            if (field.id == field_id::identity) names += " (an identity field)";
        }
        line("removed", names.empty() ? "no field" : names + ": removed, or replaced by ours");
    }

    proxy::snapshot snapshot_;
    std::string text_;
    http::request_head head_;
    http::connection_options connection_;
    http::request_target target_;
    std::string_view host_;
    http::body_framing framing_;
    bool websocket_ = false;
    explanation out_;
};

// Of standard input; no more than no limit could let through.
std::string read_input() {
    constexpr std::size_t most = 128 * 1024;
    std::string out;
    std::array<char, 4096> piece{};
    while (out.size() < most && (std::cin.read(piece.data(), piece.size()) || std::cin.gcount() > 0))
        out.append(piece.data(), static_cast<std::size_t>(std::cin.gcount()));
    return out;
}

}  // namespace

explanation explain_head(const config::config& options, std::string_view head) {
    return explainer(options, head).run();
}

int explain_request(const config::loaded& loaded) {
    if (!loaded.ok()) return validate(loaded);
    const auto head = read_input();
    if (head.empty()) {
        std::cerr << "standard input holds no request head\n";
        return exit_usage;
    }
    const auto what = explain_head(loaded.value, head);
    std::cout << what.text;
    return what.refused ? exit_failure : exit_clean;
}

}  // namespace gate::app
