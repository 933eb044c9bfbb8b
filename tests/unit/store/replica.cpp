#include "replica.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace gate::test {

using lock = std::lock_guard<std::mutex>;

void recording_listener::connected() {
    const lock held(mutex_);
    ++connections_;
    has_caught_up_ = false;
}
void recording_listener::caught_up() {
    const lock held(mutex_);
    has_caught_up_ = true;
}
void recording_listener::away() {
    const lock held(mutex_);
    ++away_;
}
void recording_listener::sampled(const auth::clock_sample& sample) {
    const lock held(mutex_);
    offset_ = sample.said.time_since_epoch() - sample.sent;
}
std::optional<auth::store_time> recording_listener::to_store(core::time_point when) const {
    const lock held(mutex_);
    if (!offset_) return {};
    const auto ago = std::chrono::duration_cast<auth::store_span>(core::clock::now() - when);
    return auth::store_time(auth::fleet_now() + *offset_ - ago);
}
bool recording_listener::heard(const auth::fleet_message& message) {
    const lock held(mutex_);
    heard_.push_back(message);
    if (message.kind != auth::fleet_kind::block) return true;
    auto found = std::ranges::find(blocks_, message.account, &auth::fleet_message::account);
    if (found == blocks_.end()) {
        blocks_.push_back(message);
    } else if (found->at < message.at) {
        *found = message;
    }
    return true;
}
void recording_listener::reached(const auth::log_position& where) {
    const lock held(mutex_);
    position_ = where;
}
auth::log_position recording_listener::position() const {
    const lock held(mutex_);
    return position_;
}
std::vector<auth::fleet_message> recording_listener::blocks() const {
    const lock held(mutex_);
    return blocks_;
}
void recording_listener::rejected(auth::fleet_defect what) {
    const lock held(mutex_);
    ++rejected_[static_cast<std::size_t>(what)];
}

std::vector<auth::fleet_message> recording_listener::messages() const {
    const lock held(mutex_);
    std::vector<auth::fleet_message> out;
    for (const auto& each : heard_)
        if (std::ranges::find(out, each) == out.end()) out.push_back(each);
    return out;
}
std::size_t recording_listener::times_heard(const auth::fleet_message& message) const {
    const lock held(mutex_);
    return static_cast<std::size_t>(std::ranges::count(heard_, message));
}
unsigned recording_listener::rejections(auth::fleet_defect what) const {
    const lock held(mutex_);
    return rejected_[static_cast<std::size_t>(what)];
}
unsigned recording_listener::connections() const {
    const lock held(mutex_);
    return connections_;
}
bool recording_listener::has_caught_up() const {
    const lock held(mutex_);
    return has_caught_up_;
}
unsigned recording_listener::times_away() const {
    const lock held(mutex_);
    return away_;
}
void recording_listener::set_blocks(std::vector<auth::fleet_message> blocks) {
    const lock held(mutex_);
    blocks_ = std::move(blocks);
}

const store::fleet_keys& fleet_keys_of_test() {
    static const store::fleet_keys keys(core::secret_string(std::string(32, 'k')), "https://gate.test",
                                        "/verify");
    return keys;
}

namespace {

template <class T>
core::task<> put_into(core::task<T> work, std::optional<T>& out) {
    out = co_await std::move(work);
}

template <class T>
T run(loop& here, core::task<T> work) {
    std::optional<T> out;
    core::spawn(put_into(std::move(work), out));
    here.run_until([&] { return out.has_value(); });
    return std::move(*out);
}

}  // namespace

replica::replica(const store::fleet_log_options& options, const store::fleet_keys& keys)
    : log(options, keys, listener, nullptr) {
    log.start();
}

void replica::until(const std::function<bool()>& is_so) {
    const auto end = core::clock::now() + std::chrono::seconds(GATE_PATIENCE);
    while (!is_so()) {
        if (core::clock::now() > end) throw std::runtime_error("it did not come true in time");
        here.context.restart();
        here.context.run_for(std::chrono::milliseconds(2));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

void replica::until_there() {
    until([&] { return log.stats().is_connected && listener.has_caught_up(); });
}

auth::fleet_turn replica::begin(const auth::token_id& token, auth::log_position seen, std::string ignored,
                                unsigned budget) {
    auth::fleet_question question{.token = token,
                                  .seen = seen,
                                  .ignored = std::move(ignored),
                                  .budget = budget,
                                  .budget_for_waste = budget};
    return run(here, log.begin(std::move(question), here.context.get_executor()));
}

bool replica::publish(auth::fleet_notice notice) {
    return run(here, log.publish(std::move(notice), here.context.get_executor()));
}

void replica::finish(const auth::fleet_turn& turn) {
    auth::fleet_result result;
    result.outcome = auth::fleet_result::kind::accepted;
    result.message.account = "gacct_1";
    result.message.life = std::chrono::seconds(60);
    result.message.verified_at = std::chrono::system_clock::time_point(std::chrono::seconds(1));
    log.finish(turn.lock, std::move(result));
}

bool has_heard(const replica& by, auth::fleet_kind what, const std::optional<auth::token_id>& token) {
    const auto all = by.listener.messages();
    return std::ranges::any_of(all,
                               [&](const auto& each) { return each.kind == what && each.token == token; });
}

void exercise(replica& a, replica& b) {
    a.until_there();
    b.until_there();
    static int round = 0;
    const auto name = "agt_" + std::to_string(++round);
    const auto token = token_named(name);
    const auto turn = a.begin(token);
    if (turn.step != auth::fleet_turn::kind::go) throw std::runtime_error("it may not ask");
    if (b.begin(token).step != auth::fleet_turn::kind::wait) throw std::runtime_error("it need not wait");
    const auto later = core::clock::now() + std::chrono::milliseconds(250);
    a.until([&] { return core::clock::now() > later; });
    a.finish(turn);
    if (!a.publish(revocation_of(token))) throw std::runtime_error("the revocation is pending");
    auth::fleet_notice block;
    block.kind = auth::fleet_kind::block;
    block.account = name;
    block.at = core::clock::now();
    block.until = core::never;
    if (!a.publish(block)) throw std::runtime_error("the block is pending");
    auth::fleet_notice purge;
    purge.kind = auth::fleet_kind::purge;
    purge.at = core::clock::now();
    if (!a.publish(purge)) throw std::runtime_error("the purge is pending");
    const auto has_come = [&](auth::fleet_kind kind) {
        const auto all = b.listener.messages();
        return std::ranges::any_of(all, [&](const auto& each) {
            return each.kind == kind &&
                   (each.token == token || each.account == block.account || kind == auth::fleet_kind::purge);
        });
    };
    for (const auto kind : {auth::fleet_kind::verdict, auth::fleet_kind::revocation, auth::fleet_kind::block,
                            auth::fleet_kind::purge})
        b.until([&] { return has_come(kind); });
}

store::fleet_log_options options_for(const std::string& url) {
    store::fleet_log_options out;
    out.url = *config::parse_store_url(url);
    // Far above what is the default: these tests run beside others on few cores.
    out.timeout = std::chrono::milliseconds(500);
    out.memory = std::chrono::seconds(70);
    out.message_life = std::chrono::seconds(130);
    return out;
}

store::fleet_log_options options_for(const redis_server& server) {
    return options_for("unix:" + server.socket());
}

auth::token_id token_named(std::string_view name) {
    return fleet_keys_of_test().id_of(name);
}

auth::fleet_notice revocation_of(const auth::token_id& token) {
    auth::fleet_notice out;
    out.token = token;
    out.at = core::clock::now();
    out.until = out.at + std::chrono::seconds(70);
    return out;
}

}  // namespace gate::test
