#include <gate/app/log_level_endpoints.hpp>
#include <gate/app/operator_error.hpp>
#include <gate/app/request_members.hpp>
#include <gate/auth/token_key.hpp>
#include <gate/telemetry/line_writer.hpp>
#include <gate/telemetry/timestamp.hpp>

#include <array>
#include <utility>

namespace gate::app {
namespace {

using config::parsed;
using config::refusal;
using core::log_level;
using subject = telemetry::log_focus::subject;

std::optional<log_level> level_of(std::string_view name) {
    for (const auto each : {log_level::debug, log_level::info, log_level::warn, log_level::error})
        if (telemetry::to_string(each) == name) return each;
    return std::nullopt;
}

// Whose requests are meant, if not all.
parsed<log_request> read_subject(const request_members& body, log_request into) {
    const auto fingerprint = body.text("token_fingerprint");
    if (!body.text("account") && !fingerprint) return into;
    if (body.text("account") && fingerprint)
        return refusal{"Only one of 'account' and 'token_fingerprint' can be given."};
    if (into.level > log_level::info)
        return refusal{"For one account or token, 'level' must be debug or info."};
    if (fingerprint) {
        if (!auth::is_fingerprint(*fingerprint)) return refusal{"'token_fingerprint' must be 12 hex digits."};
        into.subject = subject::token_fingerprint;
        into.of = *fingerprint;
        return into;
    }
    auto account = body.account();
    if (!account) return refusal{account.error()};
    into.subject = subject::account;
    into.of = std::move(*account);
    return into;
}

parsed<log_request> read_request(std::string_view text) {
    const auto body = request_members::read(text, {"level", "for", "account", "token_fingerprint"});
    if (!body) return refusal{body.error()};
    const auto level = level_of(body->text("level").value_or(""));
    if (!level) return refusal{"'level' must be debug, info, warn or error."};
    const auto span = body->span(log_levels::longest);
    if (!span) return refusal{span.error()};
    log_request out;
    out.level = *level;
    out.time = *span;
    return read_subject(*body, std::move(out));
}

}  // namespace

void log_level_endpoints::add_to(operating_server& admin) {
    using answering = operating_server::answering;
    admin.handle_late("PUT", "/log-level", [this](const endpoint_request& request, const answering& done) {
        if (access_.admits(request, done)) done(change(request));
    });
    admin.handle_late("GET", "/log-level", [this](const endpoint_request& request, const answering& done) {
        if (access_.admits(request, done)) done(show());
    });
}

endpoint_reply log_level_endpoints::change(const endpoint_request& request) {
    auto wanted = read_request(request.body.reveal());
    if (!wanted) {
        const auto id = ids_.next();
        return reply_of({.status = 400,
                         .code = "request.validation_failed",
                         .message = wanted.error(),
                         .request_id = id.view()});
    }
    const auto told = *wanted;
    const auto log = [&] {
        events_.info("an operator has changed what is logged",
                     {{"log.level", telemetry::to_string(told.level)},
                      {told.subject == subject::account ? "gate.account_id" : "gate.token_fingerprint",
                       std::string_view(told.of)},
                      {"seconds", std::chrono::duration_cast<std::chrono::seconds>(told.time).count()}});
    };
    const bool is_quieter = !told.subject && told.level > log_level::info;
    if (is_quieter) log();  // or nobody sees it
    levels_.take(std::move(*wanted));
    if (!is_quieter) log();
    return show();
}

endpoint_reply log_level_endpoints::show() const {
    core::json_writer to;
    to.begin_object();
    to.member("level", telemetry::to_string(events_.lowest_level()));
    to.member("configured", telemetry::to_string(levels_.configured()));
    to.name("override");
    if (const auto& said = levels_.said()) {
        to.begin_object();
        to.member("level", telemetry::to_string(said->level));
        if (said->subject == subject::account) to.member("account", std::string_view(said->of));
        if (said->subject == subject::token_fingerprint)
            to.member("token_fingerprint", std::string_view(said->of));
        if (said->time.count() != 0)
            to.member("until", std::string_view(telemetry::timestamp_text(levels_.until())));
        to.end_object();
    } else {
        to.null();
    }
    to.end_object();
    return json_reply(200, to);
}

}  // namespace gate::app
