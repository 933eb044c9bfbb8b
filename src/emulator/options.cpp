#include <gate/emulator/fault_text.hpp>
#include <gate/emulator/options.hpp>
#include <gate/emulator/values.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <ostream>
#include <sstream>

namespace gate::emulator {
namespace {

constexpr int usage_error = 2;

constexpr const char* description =
    "A local stand-in for Gate: verifies and revokes agent tokens as the documented API does, with its "
    "answers,\n"
    "errors and rate limit, and with latency and faults on command. For demos, tests and CI; never for "
    "production.";

constexpr const char* footer = R"(Faults, one rule per --fault (the first rule that matches a call decides):
  status=N[,retry_after=SECONDS]   answer with this status and an error envelope
  malformed=KIND                   a 200 that is none: truncated, not_json, empty, wrong_types, huge, valid_string,
                                   no_account, account_crlf, account_control, account_long, deep
  hang | reset | close             never answer | TCP reset | close, all after the request was read
  raw=BASE64                       exactly these bytes, then close
  latency=50ms, jitter=10ms        before the answer; slow_bytes=5ms: before each byte of it
  probability=0.1, count=3         one call in ten; the next three calls only
  path=verify|revoke|both          default both

Control API (JSON, no authentication; on the API's own port unless --control is given; never hit by faults):
  GET /_control/state              counters: calls by result and by token, early calls, connections, in flight
  POST /_control/reset             counters back to zero
  PUT /_control/tokens/TOKEN       {"account": "gacct_x", "status": "active", "expires_at": RFC 3339 | "expires_in":
                                   "90s", "ignore_expiry": false}; GET and DELETE too
  POST /_control/tokens/TOKEN/revoke
  PUT /_control/faults             {"status": 503, "count": 2} or a list of rules; GET and DELETE too
  PUT /_control/limit              {"limit": 10, "window": "1s"}
  PUT /_control/keys               ["sk_test_a", "sk_test_b"]

Each listener is announced on standard output: "gate-emulator listening on ADDRESS:PORT", then
"gate-emulator control on ADDRESS:PORT". TERM and INT end the program with status 0.
Exit status: 0 ended by a signal, 1 run-time failure, 2 bad arguments.)";

[[noreturn]] void refuse(const std::string& option, const std::string& why) {
    throw CLI::ValidationError(option, why);
}

// host:port with a literal address; [::1]:port for IPv6.
boost::asio::ip::tcp::endpoint read_address(const std::string& option, const std::string& text) {
    const std::size_t colon = text.rfind(':');  // npos + 1 is 0: the whole text then, and refused below
    const auto port = parse_count(text.substr(colon + 1)).value_or(65536);
    std::string host = text.substr(0, std::min(colon, text.size()));
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host == "localhost") host = "127.0.0.1";
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(host, error);
    if (error || colon == std::string::npos || port > 65535)
        refuse(option, "'" + text + "' is not ADDRESS:PORT");
    return {address, static_cast<std::uint16_t>(port)};
}

core::duration read_duration(const std::string& option, const std::string& text) {
    const auto span = parse_duration(text);
    if (!span) refuse(option, "'" + text + "' is not a duration such as 50ms, 60s or 2h");
    return *span;
}

std::pair<std::string, std::string> read_token(const std::string& option, const std::string& token,
                                               const std::string& account) {
    if (!is_plausible_token(token))
        refuse(option, "'" + token + "' is no agent token: agt_ + token68 characters");
    if (account.empty()) refuse(option, "no account id for '" + token + "'");
    return {token, account};
}

// agt_x=gacct_y. The token itself may end in '=', so the account begins after the last one.
std::pair<std::string, std::string> read_token_argument(const std::string& text) {
    const std::size_t split = text.rfind('=');
    if (split == std::string::npos) refuse("--token", "'" + text + "' is not TOKEN=ACCOUNT");
    return read_token("--token", text.substr(0, split), text.substr(split + 1));
}

void read_tokens_file(const std::string& path, std::vector<std::pair<std::string, std::string>>& tokens) {
    std::ifstream file(path);
    if (!file) refuse("--tokens-file", "cannot read " + path);
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        std::istringstream words(line);
        std::string token;
        std::string account;
        if (!(words >> token) || token.starts_with('#')) continue;
        words >> account;
        tokens.push_back(read_token("--tokens-file " + path + ":" + std::to_string(number), token, account));
    }
}

struct raw_options {
    std::string listen = "127.0.0.1:9903";
    std::string control;
    std::string form = "both";
    std::vector<std::string> keys;
    std::vector<std::string> scopes;
    std::string window = "60s";
    std::string retry_after_format = "seconds";
    std::vector<std::string> tokens;
    std::vector<std::string> token_files;
    std::string accept_all;
    std::string expires_in = "90d";
    std::string latency;
    std::string jitter;
    std::vector<std::string> faults;
    std::string idle_timeout = "75s";
};

void declare_service(CLI::App& app, raw_options& raw, options& out) {
    app.add_option("--listen", raw.listen, "Address of the API; port 0: any free port")
        ->capture_default_str();
    app.add_option("--control", raw.control, "Separate listener (plain HTTP) for the control API");
    auto* cert =
        app.add_option("--tls-cert", out.tls_cert, "PEM file: serve the API over TLS with this certificate");
    auto* key = app.add_option("--tls-key", out.tls_key, "PEM file with the certificate's private key");
    cert->needs(key);
    key->needs(cert);
    app.add_option("--idle-timeout", raw.idle_timeout,
                   "Close a connection that has been idle for this time; 0: never")
        ->capture_default_str();
    app.add_option("--form", raw.form, "Which form to serve: /v1/gate/... {agent_token} or /gate/... {token}")
        ->check(CLI::IsMember({"v1", "guide", "both"}))
        ->capture_default_str();
    app.add_option("--secret-key", raw.keys,
                   "A valid API key, repeatable; default: FOIL_SECRET_KEY, else sk_test_emulator");
    app.add_option("--scope", raw.scopes, "Scopes of the keys (default: verify,revoke)")
        ->delimiter(',')
        ->check(CLI::IsMember({"verify", "revoke"}));
    app.add_option("--bad-key-status", out.gate.bad_key_status, "Status for a bad key")
        ->check(CLI::IsMember({401U, 403U}))
        ->capture_default_str();
}

void declare_behaviour(CLI::App& app, raw_options& raw, options& out) {
    app.add_option("--limit", out.gate.limit, "Calls per rolling window, for all keys together; 0: no limit")
        ->check(CLI::Range(0, 10'000'000))
        ->capture_default_str();
    app.add_option("--window", raw.window, "Length of the window")->capture_default_str();
    app.add_option("--retry-after-format", raw.retry_after_format, "Format of Retry-After in a 429")
        ->check(CLI::IsMember({"seconds", "date"}))
        ->capture_default_str();
    app.add_option("--cache-control", out.gate.cache_control,
                   "Cache-Control of verify answers (default: none)");
    app.add_option("--token", raw.tokens, "A valid token, TOKEN=ACCOUNT, repeatable");
    app.add_option("--tokens-file", raw.token_files, "A file of valid tokens, one per line: TOKEN ACCOUNT");
    app.add_option("--accept-all", raw.accept_all,
                   "Every token with this prefix is valid: agt_abc belongs to gacct_abc");
    app.add_option("--expires-in", raw.expires_in, "A token expires this long after its last use; 0: never")
        ->capture_default_str();
    app.add_option("--latency", raw.latency, "Delay of each answer; added as the last fault rule");
    app.add_option("--jitter", raw.jitter, "Additional random delay, at most this long");
    app.add_option("--fault", raw.faults, "A fault rule, repeatable: see below");
}

// A word that follows the value of a repeatable option is a mistake, not a second value.
void take_one_value_each(CLI::App& app) {
    for (CLI::Option* option : app.get_options())
        if (option->get_expected_max() > 1) option->allow_extra_args(false);
}

// No good key at all would make every call a 401: not what anybody means.
std::vector<core::secret_string> read_keys(std::vector<std::string> given) {
    if (given.empty()) {
        const char* const from_environment = std::getenv("FOIL_SECRET_KEY");
        given.emplace_back(from_environment != nullptr && *from_environment != '\0' ? from_environment
                                                                                    : "sk_test_emulator");
    }
    std::vector<core::secret_string> keys;
    for (std::string& key : given) {
        if (key.empty()) refuse("--secret-key", "a key cannot be empty");
        keys.emplace_back(std::move(key));
    }
    return keys;
}

std::vector<fault> read_faults(const raw_options& raw) {
    std::vector<fault> rules;
    for (const std::string& text : raw.faults) {
        auto rule = parse_fault(text);
        if (!rule) refuse("--fault", rule.error().text);
        rules.push_back(std::move(*rule));
    }
    if (raw.latency.empty() && raw.jitter.empty()) return rules;
    fault late;
    if (!raw.latency.empty()) late.latency = read_duration("--latency", raw.latency);
    if (!raw.jitter.empty()) late.jitter = read_duration("--jitter", raw.jitter);
    rules.push_back(std::move(late));
    return rules;
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

void take_over(const raw_options& raw, options& out) {
    out.listen = read_address("--listen", raw.listen);
    if (!raw.control.empty()) out.control = read_address("--control", raw.control);
    out.idle_timeout = read_duration("--idle-timeout", raw.idle_timeout);
    out.gate.form_v1 = raw.form != "guide";
    out.gate.form_guide = raw.form != "v1";
    out.gate.keys = read_keys(raw.keys);
    if (!raw.scopes.empty()) {
        out.gate.may_verify = contains(raw.scopes, "verify");
        out.gate.may_revoke = contains(raw.scopes, "revoke");
    }
    out.gate.window = read_duration("--window", raw.window);
    if (out.gate.window.count() == 0) refuse("--window", "a window cannot be empty; --limit 0 is no limit");
    out.gate.retry_after_as_date = raw.retry_after_format == "date";
    if (!is_field_value(out.gate.cache_control)) refuse("--cache-control", "not a header field value");
    for (const std::string& text : raw.tokens) out.tokens.push_back(read_token_argument(text));
    for (const std::string& path : raw.token_files) read_tokens_file(path, out.tokens);
    if (!raw.accept_all.empty()) {
        if (!raw.accept_all.starts_with("agt_")) refuse("--accept-all", "a prefix begins with agt_");
        out.accept_all = raw.accept_all;
    }
    out.gate.expires_in = read_duration("--expires-in", raw.expires_in);
    out.faults = read_faults(raw);
}

}  // namespace

std::variant<options, early_exit> parse_options(int argc, const char* const* argv, std::ostream& out,
                                                std::ostream& err) {
    CLI::App app(description, "gate-emulator");
    app.footer(footer);
    app.set_version_flag("--version", std::string("gate-emulator " GATE_VERSION " (" GATE_REVISION ")"));
    raw_options raw;
    options parsed_options;
    declare_service(app, raw, parsed_options);
    declare_behaviour(app, raw, parsed_options);
    take_one_value_each(app);
    try {
        app.parse(argc, argv);
        take_over(raw, parsed_options);
    } catch (const CLI::Error& error) {
        return early_exit{app.exit(error, out, err) == 0 ? 0 : usage_error};
    }
    return parsed_options;
}

}  // namespace gate::emulator
