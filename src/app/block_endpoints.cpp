#include <gate/app/block_endpoints.hpp>
#include <gate/app/operator_error.hpp>
#include <gate/app/request_members.hpp>
#include <gate/auth/fleet_member.hpp>
#include <gate/telemetry/timestamp.hpp>

#include <algorithm>
#include <utility>

namespace gate::app {
namespace {

// A term is counted by the steady clock, and shown by the other.
std::string text_of_end(core::time_point until) {
    const auto left = until - core::clock::now();
    return telemetry::timestamp_text(core::wall_clock::now() +
                                     std::chrono::duration_cast<core::wall_clock::duration>(left));
}

void put_block(core::json_writer& to, std::string_view account, core::time_point until) {
    to.member("account", account);
    if (until != core::never) to.member("until", std::string_view(text_of_end(until)));
}

void put_listed(core::json_writer& to, std::string_view account, const char* source, core::time_point until) {
    to.begin_object();
    to.member("source", source);
    put_block(to, account, until);
    to.end_object();
}

// `is_known`: to the whole fleet, or there is none. `was_longer`: an earlier block holds for longer than was
// asked for now.
endpoint_reply success(const char* what, std::string_view account, core::time_point until, bool is_known,
                       bool was_longer = false) {
    core::json_writer to;
    to.begin_object();
    to.member(what, true);
    put_block(to, account, until);
    if (was_longer) to.member("was_longer", true);
    if (!is_known) to.member("fleet", "pending");
    to.end_object();
    return json_reply(200, to);
}

}  // namespace

void block_endpoints::add_to(operating_server& admin) {
    admin.handle_late("POST", "/block", [this](const endpoint_request& request, const answering& done) {
        if (access_.admits(request, done)) block(request, done);
    });
    admin.handle_late("POST", "/unblock", [this](const endpoint_request& request, const answering& done) {
        if (access_.admits(request, done)) unblock(request, done);
    });
    admin.handle_late("GET", "/block", [this](const endpoint_request& request, const answering& done) {
        if (access_.admits(request, done)) done(list());
    });
}

// Refused from here on; no response is sent before its streams have ended (rule 29).
void block_endpoints::block(const endpoint_request& request, const answering& done) {
    const auto body = request_members::read(request.body.reveal(), {"account", "for"});
    if (!body) return void(done(refusal(400, "request.validation_failed", body.error())));
    const auto account = body->account();
    if (!account) return void(done(refusal(400, "request.validation_failed", account.error())));
    const auto span = body->span(longest);
    if (!span) return void(done(refusal(400, "request.validation_failed", span.error())));
    end_terms();  // the fleet's, too: they make room
    const auto wanted = core::deadline_after(core::clock::now(), *span);
    const auto until = blocked_.block(*account, wanted);
    if (!until) {
        const auto most = std::to_string(auth::blocked_accounts::max_by_operator);
        done(refusal(409, "block.full",
                     most + " accounts are blocked already: use auth.blocked_accounts_file for more."));
        return;
    }
    const auto end = *until == core::never ? std::string() : text_of_end(*until);
    events_.info("an account was blocked",
                 {{"gate.account_id", std::string_view(*account)}, {"until", std::string_view(end)}});
    wait_for_next_end();
    core::spawn(answer_block(done, std::string(*account), *until, *until > wanted));
}

core::task<> block_endpoints::answer_block(answering done, std::string account, core::time_point until,
                                           bool was_longer) {
    const bool is_known = co_await tell_fleet(account, until);
    co_await end_streams_();
    done(success("blocked", account, until, is_known, was_longer));
}

void block_endpoints::unblock(const endpoint_request& request, const answering& done) {
    const auto body = request_members::read(request.body.reveal(), {"account"});
    if (!body) return void(done(refusal(400, "request.validation_failed", body.error())));
    const auto account = body->account();
    if (!account) return void(done(refusal(400, "request.validation_failed", account.error())));
    if (blocked_.current()->in_file->contains(*account)) {
        done(refusal(409, "block.in_file",
                     "The account is in auth.blocked_accounts_file: take it out of the file, which is read "
                     "again by itself."));
        return;
    }
    if (!blocked_.unblock(*account))
        return void(done(refusal(404, "block.not_found", "The account is not blocked here.")));
    events_.info("an account was unblocked", {{"gate.account_id", std::string_view(*account)}});
    wait_for_next_end();
    core::spawn(answer_unblock(done, std::string(*account)));
}

core::task<> block_endpoints::answer_unblock(answering done, std::string account) {
    const bool is_known = co_await tell_fleet(account, tokens_.time.now());
    done(success("unblocked", account, core::never, is_known));
}

// True: it is known to all, or there is no fleet.
core::task<bool> block_endpoints::tell_fleet(std::string account, core::time_point until) {
    if (tokens_.fleet == nullptr) return true;
    return tokens_.fleet->publish_block(std::move(account), until, control_);
}

endpoint_reply block_endpoints::list() const {
    const auto now = core::clock::now();
    const auto set = blocked_.current();
    core::json_writer to;
    to.begin_object();
    to.name("blocked");
    to.begin_array();
    for (const auto& [account, until] : *set->by_operator) {
        if (until > now) put_listed(to, account, "api", until);
    }
    for (const auto& account : *set->in_file) put_listed(to, account, "file", core::never);
    to.end_array();
    to.end_object();
    return json_reply(200, to);
}

endpoint_reply block_endpoints::refusal(unsigned status, std::string_view code, std::string_view message) {
    const auto id = ids_.next();
    return reply_of({.status = status, .code = code, .message = message, .request_id = id.view()});
}

// A term ends by itself; what it was is forgotten then.
void block_endpoints::wait_for_next_end() {
    const auto set = blocked_.current();
    auto next = core::never;
    for (const auto& [account, until] : *set->by_operator) next = std::min(next, until);
    ++turn_;
    next_end_.cancel();
    if (next == core::never) return;
    next_end_.expires_at(next);
    next_end_.async_wait([this, turn = turn_](const core::error_code& ec) {
        if (!ec && turn == turn_) end_terms();
    });
}

void block_endpoints::end_terms() {
    for (const auto& each : blocked_.end_terms(core::clock::now()))
        events_.info("the block of an account has ended", {{"gate.account_id", std::string_view(each)}});
    wait_for_next_end();
}

}  // namespace gate::app
