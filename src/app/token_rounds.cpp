#include <gate/app/token_rounds.hpp>
#include <gate/proxy/token_watch.hpp>

#include <boost/asio/post.hpp>

#include <utility>

namespace gate::app {
namespace {

// Visited before others on the worker have their turn: less than 100 us, even if all of them are to be looked
// at.
constexpr int visited_at_once = 256;

}  // namespace

token_rounds::token_rounds(core::executor executor, net::deadline_wheel& wheel, session_list& sessions,
                           const auth::shared_state& tokens, const config::cache_options& options)
    : executor_(std::move(executor)),
      sessions_(sessions),
      tokens_(tokens),
      walk_(sessions),
      next_round_(
          wheel, [](void* self) { static_cast<token_rounds*>(self)->start(); }, this),
      interval_(proxy::round_interval(options)),
      withdrawals_(tokens.facts.withdrawals()),
      enabled_(options.verify_streams) {}

void token_rounds::wait_for_next() {
    idle_ = false;
    next_round_.set(core::clock::now() + interval_);
}

void token_rounds::make_one_now(std::function<void()> done) {
    ask_for_round(std::move(done));
}

void token_rounds::look_at_policy(std::function<void()> done) {
    policy_is_new_ = true;
    ask_for_round(std::move(done));
}

void token_rounds::configure(const config::cache_options& options) {
    enabled_ = options.verify_streams;
    interval_ = proxy::round_interval(options);
    if (!enabled_ || under_way_ || sessions_.empty()) return;
    wait_for_next();
}

void token_rounds::ask_for_round(std::function<void()> done) {
    asked_for_.push_back(std::move(done));
    if (!under_way_) start();  // else it may have passed by a session already
}

// What Gate, or an operator, has taken back since the last round concerns all sessions.
void token_rounds::start() {
    const auto withdrawals = tokens_.facts.withdrawals();
    at_once_ = std::exchange(withdrawals_, withdrawals) != withdrawals;
    looks_at_policy_ = std::exchange(policy_is_new_, false);
    waiting_for_ = std::exchange(asked_for_, {});
    idle_ = false;
    under_way_ = true;
    next_round_.clear();
    walk_.begin();
    go_on();
}

void token_rounds::go_on() {
    const auto now = core::clock::now();
    for (int visited = 0; visited < visited_at_once && !walk_.is_over(); ++visited) visit(walk_.next(), now);
    if (!walk_.is_over()) {
        boost::asio::post(executor_, [this] { go_on(); });
    } else {
        finish();
    }
}

// Its token comes second: what is ended for its route is not there any more.
void token_rounds::visit(proxy::session& each, core::time_point now) {
    if (looks_at_policy_ && each.look_at_policy()) return;
    if (enabled_) return each.look_at_token(now, at_once_);
    if (at_once_) each.look_at_revocation(now);
}

void token_rounds::finish() {
    under_way_ = false;
    for (const auto& done : std::exchange(waiting_for_, {})) done();
    if (!asked_for_.empty()) {
        start();
    } else if (sessions_.empty() || !enabled_) {
        idle_ = true;
    } else {
        wait_for_next();
    }
}

}  // namespace gate::app
