#include <gate/app/fleet_seat.hpp>
#include <gate/app/fleet_word.hpp>
#include <gate/app/run_to_end.hpp>
#include <gate/config/problem.hpp>
#include <gate/config/store_url.hpp>
#include <gate/net/tls_files.hpp>
#include <gate/store/log_survey.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace gate::app {
namespace {

using core::reason;
using kind = fleet_word::kind;

constexpr std::chrono::seconds patience{5};

std::chrono::seconds in_seconds(core::time_point::duration span) {
    return std::max(std::chrono::round<std::chrono::seconds>(span), std::chrono::seconds(0));
}

std::string seconds_text(std::chrono::seconds span) {
    return std::to_string(span.count()) + " s";
}

// A replica that only listens.
class listening final : public store::survey_listener {
public:
    listening(const config::config& options, std::string_view token)
        : tokens_(options.cache, options.gate, options.limits),
          keys_(fleet_keys_of(options)),
          member_(tokens_, keys_->name_key(), options.cache, options.gate, {}),
          key_(auth::token_hasher(keys_->name_key()).key_of(token)) {
        if (!options.secret_key.empty()) member_.hold_keys({keys_->id_of_secret_key(options.secret_key)});
    }

    const store::fleet_keys& keys() const { return *keys_; }

    void sampled(const auth::clock_sample& sample) override { member_.sampled(sample); }

    void heard(const auth::fleet_message& message) override {
        member_.heard(message);
        if (message.kind == auth::fleet_kind::revocation && message.token == auth::id_of(key_))
            revoked_at_ = std::max(revoked_at_, message.at);
    }

    void tell(fleet_word& into) {
        const auto now = tokens_.time.now();
        const auto known =
            tokens_.facts.recall(key_, now, [&](std::string_view account) { into.account = account; });
        if (known.is_revoked) {
            into.state = kind::revoked;
            into.account.clear();
            into.age = in_seconds(now - member_.to_local(revoked_at_));
        } else if (known.was_accepted) {
            into.state = kind::accepted;
            into.is_blocked = tokens_.blocked.current()->holds(into.account, now);
            into.is_purged = known.is_purged;
            into.age = in_seconds(now - known.asked);
            into.left = in_seconds(known.fresh_until - now);
        } else if (known.last_refusal.reason != reason::none) {
            into.state = kind::refused;
            into.refused_for = known.last_refusal.reason;
            into.age = in_seconds(now - known.last_refusal.asked);
            into.left = in_seconds(known.last_refusal.until - now);
        }
    }

private:
    auth::shared_state tokens_;
    std::unique_ptr<store::fleet_keys> keys_;
    auth::fleet_member member_;
    auth::token_key key_;
    auth::store_time revoked_at_{};
};

// Nothing but the files of fleet.tls: others may not be readable for the user of a command.
std::string read_tls(const config::fleet_options& fleet, store::fleet_log_options& into) {
    if (!config::is_tls_store(fleet.url)) return {};
    std::vector<net::tls_problem> wrong;
    into.tls = net::read_client_material(fleet.tls, wrong);
    return wrong.empty() ? std::string() : "fleet.tls." + wrong.front().key + ": " + wrong.front().message;
}

std::string trouble_of(const store::survey& found) {
    if (found.failure == store::fault::none) return {};
    auto out = std::string(to_string(found.failure));
    if (!found.said.empty()) out += ", " + config::in_quotes(found.said);
    return out;
}

store::survey survey(store::fleet_log_options how, listening& by) {
    core::asio::io_context context{1};
    net::deadline_wheel wheel(context.get_executor());
    return run_to_end(context, store::survey_store(context.get_executor(), wheel, std::move(how), by.keys(),
                                                   by, core::clock::now() + patience));
}

std::string text_of_accepted(const fleet_word& word) {
    auto out = "Gate accepted the token " + seconds_text(word.age) + " ago (account " +
               config::in_quotes(word.account) + ")";
    if (word.is_blocked) return out + ", but an operator has blocked the account: every replica refuses it";
    if (word.is_purged) return out + ", but that answer has been purged: the next request asks Gate";
    if (word.left.count() == 0) return out + ": too long ago, the next request asks Gate";
    return out + "; every replica uses that answer for " + seconds_text(word.left) + " more";
}

}  // namespace

fleet_word ask_fleet(const config::config& options, std::string_view token) {
    fleet_word out;
    auto how = store_options_of(options);
    out.trouble = read_tls(options.fleet, how);
    if (!out.trouble.empty()) return out;
    try {
        listening by(options, token);
        const auto found = survey(std::move(how), by);
        out.trouble = trouble_of(found);
        out.replicas = found.replicas;
        if (out.trouble.empty() && !token.empty()) by.tell(out);
    } catch (const std::runtime_error& e) {  // OpenSSL cannot use what fleet.tls names
        out.trouble = e.what();
    }
    return out;
}

reason refusal_in(const fleet_word& word) {
    if (!word.trouble.empty()) return reason::none;
    if (word.state == kind::revoked) return reason::token_revoked;
    if (word.state == kind::refused && word.left.count() > 0) return word.refused_for;
    return word.state == kind::accepted && word.is_blocked ? reason::account_blocked : reason::none;
}

bool is_accepted_by(const fleet_word& word) {
    return word.trouble.empty() && word.state == kind::accepted && !word.is_blocked && !word.is_purged &&
           word.left.count() > 0;
}

std::string store_text_of(const fleet_word& word) {
    if (!word.trouble.empty())
        return "the store cannot be asked (" + word.trouble +
               "): each replica knows only what it asks itself";
    return "the store answers; " + std::to_string(word.replicas) +
           (word.replicas == 1 ? " replica shares it" : " replicas share it");
}

std::string text_of(const fleet_word& word) {
    if (!word.trouble.empty()) return store_text_of(word);
    switch (word.state) {
        case kind::accepted: return text_of_accepted(word);
        case kind::revoked:
            return "an operator revoked the token " + seconds_text(word.age) +
                   " ago: every replica refuses it";
        case kind::refused: {
            const auto out = "Gate refused the token " + seconds_text(word.age) + " ago (" +
                             std::string(core::to_string(word.refused_for)) + ')';
            if (word.left.count() == 0) return out + ": too long ago, the next request asks Gate";
            return out + "; every replica uses that answer for " + seconds_text(word.left) + " more";
        }
        case kind::nothing: break;
    }
    return "the log says nothing of the token: the next request asks Gate";
}

}  // namespace gate::app
