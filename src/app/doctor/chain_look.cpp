// What look_at_chain() asks.
#include <gate/app/doctor/chain_client.hpp>
#include <gate/app/doctor/chain_section.hpp>
#include <gate/app/doctor/corpus.hpp>
#include <gate/app/doctor/gate_section.hpp>
#include <gate/app/doctor/opened_echo.hpp>
#include <gate/app/websocket_accept.hpp>
#include <gate/client/request.hpp>
#include <gate/config/scalars.hpp>

#include <utility>

namespace gate::app::doctor {
namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::string_view closing = "Connection: close\r\n";
constexpr std::string_view key = "Z2F0ZS1zaWRlY2FyLWRvYw==";  // 16 bytes (RFC 6455 4.1)
constexpr std::string_view frame =
    "\x81\x04"
    "echo";

class chain {
public:
    chain(const config::config& options, const questions& what)
        : options_(options), questions_(what), client_(*config::parse_url(what.url), what.ca_file) {}

    findings run() {
        if (!reach()) return std::move(out_);
        opened_echo own(options_, questions_.admin);
        if (own.is_open()) {
            look_with(own);
        } else {
            look_without_echo();
            out_.push_back(judge_no_echo(own.problem()));
        }
        return std::move(out_);
    }

private:
    std::string name() const { return config::format_url(client_.url()); }

    std::string request_for(std::string_view what, std::string_view lines = {}) const {
        return client_.request_for(what, std::string(closing) + std::string(lines));
    }

    bool reach() {
        const auto over = client_.connect(core::clock::now() + patience);
        if (!over.problem().empty()) {
            out_.push_back(failure("chain.connect", name() + " cannot be reached: " + over.problem(),
                                   "correct --url, the DNS record or the load balancer"));
            return false;
        }
        out_.push_back(passed("chain.connect", name() + " accepts connections"));
        if (!client_.url().tls) return true;
        if (over.shown().problem.empty()) {
            out_.push_back(judge_expiry("chain.tls", "the certificate of " + name(), over.shown(),
                                        "renew the load balancer's certificate"));
            return true;
        }
        out_.push_back(failure("chain.tls",
                               "the certificate of " + name() + " is not trusted: " + over.shown().problem,
                               "renew the load balancer's certificate, for the name in --url; a private "
                               "authority: name it by --ca-file"));
        return false;
    }

    // If the echo was closed too early, some of the answers were not its own: what they say is not reported.
    void look_with(opened_echo& own) {
        client_.use_path(own.path());
        const auto before = static_cast<std::ptrdiff_t>(out_.size());
        if (find_sidecar()) {
            look_at_requests();
            look_at_responses();
            if (questions_.goes_deep) look_at_framing();
        }
        if (own.close()) return;
        out_.erase(out_.begin() + before, out_.end());
        out_.push_back(warning("chain.reached",
                               "the echo was closed before everything was looked at: its 60 s were over, "
                               "another doctor has opened one, or the sidecar has stopped",
                               "run it again, with no other doctor at the same time"));
    }

    // Without an admin token nothing has gone wrong.
    finding judge_no_echo(const std::string& problem) const {
        const auto text = "no echo can be opened: " + problem;
        const std::string fix =
            "run it where the admin listener can be reached (in the sidecar's container), with the admin "
            "token";
        return options_.admin_token.empty() ? skipping("chain.reached", text, fix)
                                            : warning("chain.reached", text, fix);
    }

    // Only what every replica answers alike.
    void look_without_echo() {
        client_.use_path("/gate-sidecar-doctor");
        if (!refuses_strangers(options_, client::authority_of(client_.url()), client_.target_of(""))) {
            out_.push_back(skipping("chain.refusal", "by this configuration a request for " +
                                                         client_.target_of("") +
                                                         " is not answered with 401"));
            return;
        }
        out_.push_back(judge_refusal(client_.ask_once(request_for(""))));
    }

    bool find_sidecar() {
        const auto got = client_.ask_echo(request_for("echo"));
        if (read_echo(got.body)) {
            out_.push_back(passed("chain.reached", name() + " leads to this sidecar"));
            return true;
        }
        out_.push_back(judge_no_answer(got));
        return false;
    }

    finding judge_no_answer(const heard& got) const {
        std::string fix =
            "have the load balancer send every path of --url to the sidecar's port, and none past it";
        auto said = "status " + std::to_string(got.status);
        if (got.status == 0) said = "no response (" + got.problem + ")";
        if (const auto location = got.field("Location"); location && got.status >= 300 && got.status < 400) {
            said += ", which redirects to " + *location;
            fix = "if that is the URL that clients use, give it by --url; else " + fix;
        }
        return failure(
            "chain.reached",
            name() + " does not lead to this sidecar: a request for its echo is answered with " + said, fix);
    }

    void look_at_requests() {
        const auto& identity = options_.auth.header_name;
        std::string lines;
        for (const auto& each : spellings_of_identity(identity)) lines += each + ": gacct_attacker\r\n";
        const auto pretending = client_.ask_echo(request_for("echo", lines));
        out_.push_back(judge_identity(pretending, identity));
        out_.push_back(judge_spellings(pretending, identity));
        out_.push_back(judge_authorization(client_.ask_echo(
            request_for("echo", "Authorization: " + std::string(sent_authorization) + "\r\n"))));
    }

    void look_at_responses() {
        out_.push_back(judge_refusal(client_.ask_refusal(request_for("refused"))));
        out_.push_back(judge_retry_after(client_.ask_echo(request_for("later"))));
        heard events;
        const bool came = client_.listen(client_.request_for("events", "Accept: text/event-stream\r\n"),
                                         "data: first", events);
        out_.push_back(judge_events(came, events));
        heard opened;
        const bool has_frame =
            client_.listen(client_.request_for("websocket",
                                               "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                                                   std::string(key) + "\r\n"),
                           frame, opened);
        out_.push_back(judge_websocket(opened, websocket_accept(key), has_frame));
    }

    // Those alone that end in the same place however they are read: nobody else's request is touched.
    void look_at_framing() {
        std::vector<std::string> passed_on;
        for (const auto& each : harmless_unclear_requests()) {
            auto text = text_of(each, client::authority_of(client_.url()), closing);
            text.replace(text.find(" / "), 3, " " + client_.target_of("echo") + " ");
            const auto got = client_.ask_once(text);
            if (got.status == 400 && is_our_error(got)) passed_on.emplace_back(each.description);
        }
        out_.push_back(judge_unclear(passed_on));
    }

    const config::config& options_;
    const questions& questions_;
    chain_client client_;
    findings out_;
};

}  // namespace

findings look_at_chain(const config::config& options, const questions& what) {
    return chain(options, what).run();
}

}  // namespace gate::app::doctor
