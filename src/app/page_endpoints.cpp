#include <gate/app/operator_error.hpp>
#include <gate/app/page_endpoints.hpp>
#include <gate/app/page_files.hpp>
#include <gate/telemetry/timestamp.hpp>

#include <set>
#include <string>
#include <utility>

namespace gate::app {
namespace {

using telemetry::refusal;

// Nothing from elsewhere, no code but the files', and no text that becomes elements (Trusted Types): what a
// stranger has written into a path or an id stays text.
constexpr std::string_view content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'";

endpoint_reply guarded(endpoint_reply reply) {
    for (const auto& [name, value] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
             {"Content-Security-Policy", content_policy},
             {"X-Frame-Options", "DENY"},
             {"Referrer-Policy", "no-referrer"}})
        reply.fields.emplace_back(name, value);
    return reply;
}

endpoint_reply json(std::string text) {
    return guarded({200, "application/json", std::move(text)});
}

endpoint_reply absent() {
    return {.status = 404, .body = "not found\n"};
}

void put_if_there(core::json_writer& to, std::string_view name, std::string_view text) {
    if (!text.empty()) to.member(name, text);
}

void put_refusal(core::json_writer& to, const refusal& one) {
    to.begin_object();
    to.member("time", telemetry::timestamp_text(one.time));
    to.member("reason", core::to_string(one.reason));
    to.member("status", one.status);
    if (one.in_shadow) to.member("shadow", true);
    put_if_there(to, "method", one.method.view());
    put_if_there(to, "path", one.path.view());
    put_if_there(to, "route", one.route.view());
    put_if_there(to, "client", one.client_address.view());
    put_if_there(to, "fingerprint", one.token_fingerprint.view());
    put_if_there(to, "account", one.account_id.view());
    put_if_there(to, "request_id", one.request_id.view());
    put_if_there(to, "error_id", one.error_id.view());
    to.end_object();
}

// What `explain` says of each reason that occurs.
void put_texts(core::json_writer& to, const std::vector<refusal>& of) {
    std::set<core::reason> reasons;
    for (const auto& each : of) reasons.insert(each.reason);
    to.name("reasons");
    to.begin_object();
    for (const auto why : reasons) {
        to.name(core::to_string(why));
        to.begin_object();
        to.member("text", core::describe(why));
        to.member("acts", core::to_string(core::row_of(why).acts));
        to.end_object();
    }
    to.end_object();
}

}  // namespace

page_endpoints::page_endpoints(const core::executor& control, current_options now,
                               const telemetry::metrics& all, const health& state, refusal_source refusals)
    : now_(now),
      access_(std::move(now)),
      state_(all, state),
      refusals_(std::move(refusals)),
      looks_(control, [this] { return look(); }) {}

core::timer::duration page_endpoints::look() {
    constexpr core::duration while_off{1'000};
    return is_on() ? state_.look() : while_off;
}

void page_endpoints::add_to(operating_server& admin) {
    for (const auto& file : page_files())
        admin.handle("GET", file.path, [this, &file] {
            if (!is_on()) return absent();
            return guarded({200, std::string(file.content_type), std::string(file.content)});
        });
    const auto the_only_form = [](const endpoint_request&) { return 0U; };
    admin.handle_shared("GET", "/page/state", the_only_form, [this](unsigned) {
        return is_on() ? json(state_.describe(!now_().admin_token.empty())) : absent();
    });
    admin.handle_shared("GET", "/page/history", the_only_form,
                        [this](unsigned) { return is_on() ? json(state_.history()) : absent(); });
    admin.handle_late("GET", "/page/refusals",
                      [this](const endpoint_request& request, const answering& done) {
                          if (!is_on()) return void(done(absent()));
                          if (access_.admits(request, done)) core::spawn(show_refusals(done));
                      });
}

core::task<> page_endpoints::show_refusals(answering done) {
    auto all = co_await refusals_();
    const auto shown = telemetry::newest(std::move(all), most_refusals);
    core::json_writer to;
    to.begin_object();
    to.name("refusals");
    to.begin_array();
    for (const auto& each : shown) put_refusal(to, each);
    to.end_array();
    put_texts(to, shown);
    to.end_object();
    done(json(std::string(to.text()) + '\n'));
}

}  // namespace gate::app
