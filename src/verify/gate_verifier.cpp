#include "verify_call.hpp"

#include <gate/verify/codec.hpp>
#include <gate/verify/gate_verifier.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace gate::verify {
namespace {

using auth::verification;
using core::reason;

// The one in use, the new one beside it, and one that was read meanwhile.
constexpr std::size_t max_keys_tried = 3;
// Reading a file takes less, unless the program is about to end.
constexpr core::duration patience_for_keys{500};

bool is_new_to(const std::vector<key_pointer>& tried, const key_pointer& key) {
    return key && is_usable_key(*key) &&
           std::ranges::none_of(tried, [&](const key_pointer& each) { return *each == *key; });
}

}  // namespace

// Kept by the calls that are under way.
struct gate_verifier::impl {
    impl(const core::executor& ex, const config::gate_options& gate, key_ring& ring,
         std::shared_ptr<boost::asio::ssl::context> tls, verifier_options opts)
        : executor(ex),
          version(std::move(opts.version)),
          form(gate, version),
          keys(ring),
          may_call(opts.connections.may_send),
          http(ex, gate.base_url, std::move(tls), std::move(opts.connections)) {}

    static core::task<verification> verify(std::shared_ptr<impl> self, core::secret_string token,
                                           core::time_point deadline, auth::attempt number);
    core::task<verification> ask(std::string_view token, const core::secret_string& key,
                                 core::time_point deadline, auth::attempt number);
    core::task<> read_keys_again(key_pointer refused, core::time_point deadline);

    bool must_wait() const { return may_call && !may_call(); }

    core::executor executor;
    std::string version;
    call_form form;
    key_ring& keys;
    std::function<bool()> may_call;
    client::http_client http;
};

core::task<verification> gate_verifier::impl::verify(std::shared_ptr<impl> self, core::secret_string token,
                                                     core::time_point deadline, auth::attempt number) {
    auto key = self->keys.first(core::clock::now());
    auto answer = unavailable(reason::gate_key_refused, "there is no usable secret key");
    std::optional<verification> doubtful;  // a refusal, under a key that has not accepted a token yet
    key_pointer doubted;
    unsigned calls = 0;
    std::vector<key_pointer> tried;
    bool has_read_again = false;
    while (is_new_to(tried, key) && tried.size() < max_keys_tried) {
        if (!tried.empty() && self->must_wait()) {
            answer = held_back(0);
            break;
        }
        tried.push_back(key);
        answer = co_await self->ask(token.reveal(), *key, deadline, number);
        if (answer.repeated) number = auth::attempt::second;
        calls += answer.calls;
        if (answer.reason == reason::gate_key_refused) {
            // Before the ring is told, and with it everybody.
            if (!doubtful && !has_read_again && !is_new_to(tried, self->keys.other_than(*key))) {
                has_read_again = true;
                co_await self->read_keys_again(key, deadline);
            }
            key = self->keys.refused(*key, core::clock::now());
            continue;
        }
        if (doubtful && answer.verdict == auth::verdict::allow)
            self->keys.contradicted(*doubted, core::clock::now());
        // A key of another organization, or environment, knows none of the tokens: the old one is asked too.
        auto proven = answer.verdict == auth::verdict::deny ? self->keys.to_confirm(*key) : nullptr;
        if (proven == nullptr) {
            if (answer.verdict != auth::verdict::unavailable) self->keys.worked(*key);
            break;
        }
        doubtful = answer;
        doubted = std::exchange(key, std::move(proven));
    }
    // Where the proven key is no longer one, the new key's word is the only one.
    if (doubtful && answer.reason == reason::gate_key_refused && !self->keys.is_contradicted(*doubted))
        answer = std::move(*doubtful);
    answer.calls = calls;
    co_return answer;
}

// The key may have changed in the moment in which Gate has dropped the old one.
core::task<> gate_verifier::impl::read_keys_again(key_pointer refused, core::time_point deadline) {
    if (!keys.read_again() || http.is_closed()) co_return;
    const auto over = std::make_shared<core::timer>(executor);
    over->expires_at(std::min(deadline, core::clock::now() + patience_for_keys));
    const std::weak_ptr<core::timer> told = over;
    keys.read_again()(std::move(refused), [told, here = executor] {
        core::asio::post(here, [told] {
            if (const auto waiting = told.lock()) waiting->cancel();
        });
    });
    co_await over->async_wait(core::use_task);
}

core::task<verification> gate_verifier::impl::ask(std::string_view token, const core::secret_string& key,
                                                  core::time_point deadline, auth::attempt number) {
    const bool is_second = number == auth::attempt::second;
    const auto which = is_second ? client::connection_choice::fresh : client::connection_choice::any;
    const auto came = co_await form.call(http, token, key, deadline, which);
    auto answer = read_outcome(came);
    if (is_second && came.problem.kind != client::failure::held_back) answer.repeated = true;
    co_return answer;
}

gate_verifier::gate_verifier(core::executor executor, const config::gate_options& gate, key_ring& keys,
                             std::shared_ptr<boost::asio::ssl::context> tls, verifier_options options) {
    options.connections.bounds.body = max_answer_size;
    impl_ = std::make_shared<impl>(executor, gate, keys, std::move(tls), std::move(options));
}

gate_verifier::~gate_verifier() {
    close();
}

core::task<verification> gate_verifier::verify(core::secret_string token, core::time_point deadline,
                                               auth::attempt which) {
    return impl::verify(impl_, std::move(token), deadline, which);
}

void gate_verifier::configure(const config::gate_options& gate,
                              std::shared_ptr<boost::asio::ssl::context> tls) {
    impl_->form = call_form(gate, impl_->version);
    impl_->http.use(std::move(tls));
}

void gate_verifier::close() {
    impl_->http.close();
}

std::size_t gate_verifier::idle_connections() const noexcept {
    return impl_->http.idle_connections();
}

}  // namespace gate::verify
