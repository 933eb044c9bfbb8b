// The context of an upstream, and the sessions that can be resumed with it.
#include "peer_certificate.hpp"
#include "tls_contexts.hpp"
#include "tls_state.hpp"

#include <boost/system/errc.hpp>

#include <algorithm>
#include <array>
#include <ctime>
#include <new>

namespace gate::net {
namespace {

bool explain(std::string& why_not, std::string_view subject) {
    why_not = std::string(subject) + ": " + openssl_reason();
    return false;
}

// What follows from a session ends with it: of a resumed connection there is no chain.
int on_session(SSL* ssl, SSL_SESSION* session) {
    auto& state = tls_state::of(ssl);
    try {
        const bool is_resumed = SSL_session_reused(ssl) != 0;
        const auto end = is_resumed ? state.session_end : end_of_chain(ssl);
        const auto& of = *static_cast<const client_tls*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
        const bool is_usable = SSL_SESSION_is_resumable(session) != 0 && !state.session_name.empty();
        if (is_usable) {
            of.sessions().put(state.session_name, {ssl_session_pointer(session), end});
            return 1;
        }
    } catch (const std::bad_alloc&) {
        return 1;  // it went with the entry
    }
    return 0;
}

}  // namespace

void client_sessions::put(const std::string& name, entry kept) {
    const core::lock_guard lock(mutex_);
    if (!entries_.contains(name) && entries_.size() >= most_names) entries_.erase(entries_.begin());
    auto& of_name = entries_[name];
    if (of_name.size() >= most_of_a_name) of_name.erase(of_name.begin());
    of_name.push_back(std::move(kept));
}

client_sessions::entry client_sessions::take(const std::string& name, std::int64_t now) {
    const core::lock_guard lock(mutex_);
    const auto found = entries_.find(name);
    if (found == entries_.end()) return {};
    auto& of_name = found->second;
    while (!of_name.empty()) {
        const auto& latest = of_name.back();
        const auto* const session = latest.session.get();
        const auto expires =
            std::min<std::int64_t>(latest.end, time_of_session(session) + SSL_SESSION_get_timeout(session));
        if (expires > now) break;
        of_name.pop_back();
    }
    if (of_name.empty()) return {};
    auto& latest = of_name.back();
    if (SSL_SESSION_get_protocol_version(latest.session.get()) < TLS1_3_VERSION) {
        SSL_SESSION_up_ref(latest.session.get());
        return {ssl_session_pointer(latest.session.get()), latest.end};
    }
    auto out = std::move(latest);
    of_name.pop_back();
    return out;
}

std::size_t client_sessions::size() const {
    const core::lock_guard lock(mutex_);
    std::size_t out = 0;
    for (const auto& [name, of_name] : entries_) out += of_name.size();
    return out;
}

bool client_tls::set_up(std::shared_ptr<const client_tls_material> from, std::string& why_not) {
    material_ = std::move(from);
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (!context_) return explain(why_not, "TLS");
    auto* const context = context_.get();
    if (!set_rules(context, config::tls_version::tls12, why_not)) return false;
    if (material_->ca_pem.empty()) {
        if (SSL_CTX_set_default_verify_paths(context) != 1) return explain(why_not, "the system's CAs");
    } else if (!trust(context, material_->ca_pem, false, why_not)) {
        return false;
    }
    if (material_->own && !use_certificate(context, *material_->own, why_not)) return false;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    constexpr std::array<unsigned char, 9> protocols{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    if (SSL_CTX_set_alpn_protos(context, protocols.data(), protocols.size()) != 0)
        return explain(why_not, "ALPN");
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &on_session);
    SSL_CTX_set_app_data(context, this);
    return true;
}

core::result<std::shared_ptr<client_tls>> make_client_tls(std::shared_ptr<const client_tls_material> from,
                                                          std::string& why_not) {
    const errors_cleared cleared;
    auto out = std::make_shared<client_tls>();
    if (!out->set_up(std::move(from), why_not))
        return boost::system::errc::make_error_code(boost::system::errc::invalid_argument);
    return out;
}

}  // namespace gate::net
