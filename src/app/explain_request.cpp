// gate-sidecar explain --request
#include <gate/app/command_line.hpp>
#include <gate/app/commands.hpp>
#include <gate/app/explain.hpp>
#include <gate/auth/ruling.hpp>
#include <gate/config/problem.hpp>
#include <gate/config/scalars.hpp>
#include <gate/http/request_facts.hpp>
#include <gate/http/rewrite.hpp>
#include <gate/protocol/tls_peer.hpp>
#include <gate/proxy/proxy_door.hpp>
#include <gate/proxy/session_resources.hpp>

#include <algorithm>
#include <array>
#include <iostream>
#include <optional>

namespace gate::app {
namespace {

using auth::route_access;
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

const char* text_of(route_access needs) {
    switch (needs) {
        case route_access::required: return "required: a valid agent token";
        case route_access::optional: return "optional: a valid agent token, or none";
        case route_access::none: return "none: no token is needed";
        case route_access::deny: return "deny: nobody may use it";
    }
    return "";
}

std::string text_of(const auth::bearer& token) {
    switch (token.kind) {
        case token_kind::absent: return "absent";
        case token_kind::other_credentials: return "other credentials, which are not an agent token";
        case token_kind::misplaced:
            return "misplaced: an agent token with another scheme or in another case; it is not verified";
        case token_kind::malformed: return "malformed: it resembles an agent token but is not one";
        case token_kind::agent:
            return "an agent token of " + std::to_string(token.token.size()) + " characters";
    }
    return {};
}

net::tls_facts facts_of(const connection_shown& over) {
    net::tls_facts out;
    out.server_name = over.server_name;
    out.has_client_certificate = !over.client_names.empty();
    for (const auto& each : over.client_names)
        (each.find(':') == each.npos ? out.client_dns_names : out.client_uris).push_back(each);
    return out;
}

// In all_listeners(). Nothing: there is none of that name.
std::optional<std::size_t> index_of(const config::config& options, std::string_view listener) {
    if (listener.empty()) return 0;
    const auto all = options.all_listeners();
    const auto found = std::ranges::find(all, listener, &config::named_listener::name);
    if (found == all.end()) return std::nullopt;
    return static_cast<std::size_t>(found - all.begin());
}

// Reads and rules by the functions that the proxy calls, in its order.
class explainer {
public:
    explainer(const config::config& options, std::string_view head, const connection_shown& over,
              const fleet_question& ask)
        : snapshot_(options), text_(as_on_the_wire(head)), facts_(facts_of(over)), ask_(ask) {
        if (!over.is_over_tls()) return;
        tls_.emplace(facts_);
        tls_->judge(proxy::certificate_rules_of(snapshot_.options,
                                                index_of(snapshot_.options, over.listener).value_or(0)));
    }

    explanation run() {
        const auto read = read_facts();
        if (!read) {
            refuse(core::reason_of(read.error()));
        } else {
            rule();
        }
        return std::move(out_);
    }

private:
    void line(std::string_view name, std::string_view what) {
        out_.text.append(name).append(std::string(10 - name.size(), ' ')).append(what).append("\n");
    }

    void refuse(reason why) {
        out_.refused = true;
        const auto status = core::failure_of(why).status;
        line("decision", "refused with " + std::to_string(status) + ' ' + std::string(core::to_string(why)) +
                             ": " + std::string(core::describe(why)));
    }

    core::result<void> read_facts() {
        http::head_finder finder(snapshot_.head_limits);
        const auto size = finder.find(text_);
        if (!size) return size.error();
        return http::read_request(std::string_view(text_).substr(0, *size), snapshot_.reading, asked_);
    }

    void rule() {
        line("request", config::in_quotes(asked_.head.method_name) + ' ' +
                            config::in_quotes(asked_.target.path) + ", HTTP/1." +
                            std::to_string(asked_.head.minor) +
                            (asked_.features.websocket ? ", a WebSocket" : ""));
        if (tls_) line("tls", tls_text());
        if (tls_) {
            const auto why = tls_->refusal_of(asked_.host);
            if (why != reason::none) return refuse(why);
        }
        const auto shown = auth::extract_bearer(asked_.head);
        if (!shown) return refuse(core::reason_of(shown.error()));
        const auto by_head = auth::rule_on(asked_, *shown, snapshot_.policy, scratch_);
        for (const auto& each : snapshot_.policy.explain(asked_)) line("route", each);
        line("upstream", upstream_text(by_head.route.chosen));
        line("policy", text_of(by_head.needs));
        line("token", text_of(*shown));
        const auto in_shadow = by_head.route.in_shadow;
        if (by_head.verdict == auth::verdict::deny && !in_shadow) return refuse(by_head.reason);
        if (by_head.must_verify() && ask_) {
            fleet_ = ask_(shown->token);
            line("fleet", text_of(*fleet_));
            const auto why = refusal_in(*fleet_);
            if (why != reason::none && !in_shadow) return refuse(why);
        }
        if (by_head.reason == reason::discovery)
            return line("decision", "answered with 200 by the proxy, with a document for agents (discovery)");
        line("decision", in_shadow ? shadow_text(by_head) : decision_text(by_head));
        // In shadow it is passed on with what would have been refused.
        const bool keeps_authorization = in_shadow && by_head.verdict == auth::verdict::deny;
        if (asked_.max_forwards != 0) tell_removed(by_head.drops_authorization && !keeps_authorization);
    }

    std::string tls_text() const {
        auto out = facts_.server_name.empty() ? std::string("no server name")
                                              : "for " + config::in_quotes(facts_.server_name);
        const auto names = tls_->shown().client_names;
        return out += names.empty() ? ", without a client certificate"
                                    : ", with a client certificate of " + config::in_quotes(names);
    }

    std::string upstream_text(const auth::route* chosen) const {
        const auto index = snapshot_.settings_for(chosen).upstream;
        const auto name = index == 0 ? "the default one" : snapshot_.options.upstreams[index - 1].name;
        return name + ": " + config::format_url(snapshot_.upstreams[index].target);
    }

    std::string passed_text() const {
        return asked_.max_forwards == 0 ? "answered with 204 by the proxy (Max-Forwards: 0)" : "passed on";
    }

    // RFC 9110 7.6.2: a request that may go no further is answered by the proxy.
    std::string decision_text(const auth::ruling& by_head) const {
        const auto passed = passed_text();
        if (!by_head.must_verify())
            return passed + " without an identity (" + std::string(core::to_string(by_head.reason)) +
                   "); Gate is not asked";
        if (fleet_ && is_accepted_by(*fleet_))
            return passed + with_identity() + "; Gate is not asked: the fleet has the answer";
        return "Gate is asked unless the cache has the answer: " + passed + with_identity() +
               " if the token is valid, 401 if not, 503 if Gate cannot be asked";
    }

    std::string with_identity() const {
        return asked_.max_forwards == 0 ? "" : " with " + snapshot_.options.auth.header_name;
    }

    std::string shadow_text(const auth::ruling& by_head) const {
        const auto passed = passed_text();
        if (by_head.must_verify())
            return passed + " in shadow whatever Gate says," + with_identity() +
                   " if the token is valid; without shadow: 401 if it is not, 503 if Gate cannot be asked";
        const auto verdict = std::string(core::to_string(by_head.reason));
        if (by_head.verdict == auth::verdict::allow)
            return passed + " without an identity (" + verdict + "), in shadow or not; Gate is not asked";
        return passed + " in shadow without an identity; without shadow it would be refused with " +
               std::to_string(core::failure_of(by_head.reason).status) + ' ' + verdict;
    }

    // What does not reach the upstream as it came, whatever Gate says of the token.
    void tell_removed(bool drop_authorization) {
        std::string sent;
        http::append_upstream_head(asked_,
                                   {.identity_line = {},
                                    .verification_line = {},
                                    .client_cert_line = {},
                                    .client_address = "192.0.2.1",
                                    .forwarded_for = {},
                                    .forwarded_proto = "http",
                                    .forwarded_host = {},
                                    .request_id = {},
                                    .traceparent = {},
                                    .drop_authorization = drop_authorization},
                                   sent);
        std::string names;
        for (const auto& field : asked_.head.fields) {
            if (sent.find("\r\n" + std::string(field.line)) != std::string::npos) continue;
            names += (names.empty() ? "" : ", ") + config::in_quotes(field.name);
            if (field.id == field_id::identity) names += " (an identity field)";
        }
        line("removed", names.empty() ? "no field" : names + ": removed, or replaced by the sidecar's own");
    }

    proxy::snapshot snapshot_;
    std::string text_;
    net::tls_facts facts_;
    std::optional<protocol::tls_peer> tls_;  // nothing: the connection is clear
    const fleet_question& ask_;
    std::optional<fleet_word> fleet_;  // of the token; nothing: it was not asked
    http::request_facts asked_;
    auth::policy_scratch scratch_;
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

explanation explain_head(const config::config& options, std::string_view head, const connection_shown& over,
                         const fleet_question& ask) {
    return explainer(options, head, over, ask).run();
}

int explain_request(const config::loaded& loaded, const connection_shown& over) {
    if (!loaded.ok()) return validate(loaded);
    if (!index_of(loaded.value, over.listener)) {
        std::cerr << "no listener is named " << config::in_quotes(over.listener) << '\n';
        return exit_usage;
    }
    const auto head = read_input();
    if (head.empty()) {
        std::cerr << "standard input holds no request head\n";
        return exit_usage;
    }
    fleet_question ask;
    if (loaded.value.fleet.is_on())
        ask = [&loaded](std::string_view token) { return ask_fleet(loaded.value, token); };
    const auto what = explain_head(loaded.value, head, over, ask);
    std::cout << what.text;
    return what.refused ? exit_failure : exit_clean;
}

}  // namespace gate::app
