#include <gate/store/command.hpp>
#include <gate/store/directory.hpp>

#include <boost/asio/local/stream_protocol.hpp>

#include <algorithm>
#include <string>

namespace gate::store {
namespace {

constexpr core::duration look_up_again = std::chrono::seconds(30);
constexpr core::duration for_one_sentinel{300};
constexpr std::size_t most_resolvers = 64;

}  // namespace

directory::directory(core::executor executor, net::deadline_wheel& wheel, config::store_url url,
                     link_options options, login sentinel)
    : executor_(std::move(executor)),
      wheel_(wheel),
      url_(std::move(url)),
      options_(std::move(options)),
      sentinel_(std::move(sentinel)) {}

core::task<link::opened> directory::open(core::time_point until) {
    link::opened out;
    if (!url_.socket.empty()) {
        const core::asio::local::stream_protocol::endpoint path(url_.socket);
        const core::stream_protocol::endpoint only(path);
        auto addresses = std::make_shared<const net::address_list>(net::address_list{only});
        auto options = options_;
        out = co_await link::open(executor_, wheel_, std::move(addresses), std::move(options), until);
        co_return out;
    }
    told_place place;
    if (url_.kind == config::store_kind::sentinel) {
        place = co_await ask_sentinels(until);
    } else {
        place.where.emplace(next_node());
    }
    if (!place.where) {
        out.failure = place.failure;
        out.said = std::move(place.said);
        co_return out;
    }
    auto options = options_;
    out = co_await open_at(*place.where, std::move(options), until);
    if (out.own) {
        use(*place.where);
    } else {
        leave();
    }
    co_return out;
}

core::task<link::opened> directory::open_at(config::store_host where, link_options options,
                                            core::time_point until) {
    link::opened out;
    out.failure = fault::unreachable;
    auto& resolver = addresses_of(where);
    const auto found = co_await resolver.resolve(until);
    if (!found) co_return out;
    if (options.tls.server_name.empty()) options.tls.server_name = where.host;
    auto addresses = std::make_shared<const net::address_list>(found->begin(), found->end());
    out = co_await link::open(executor_, wheel_, std::move(addresses), std::move(options), until);
    if (!out.own) addresses_of(where).doubt();
    co_return out;
}

const config::store_host& directory::next_node() noexcept {
    if (home_) return *home_;
    return url_.hosts[next_++ % url_.hosts.size()];
}

// The next connection is opened at another node, by the word of another sentinel, or at the addresses that a
// name has by then.
void directory::leave() {
    switch (url_.kind) {
        case config::store_kind::sentinel: next_ = told_by_ + 1; break;
        case config::store_kind::cluster: home_.reset(); break;
        case config::store_kind::single:
            if (!current_.host.empty()) addresses_of(current_).doubt();
            break;
    }
}

// The first that knows it; else why one of them does not tell, if it can be reached.
core::task<told_place> directory::ask_sentinels(core::time_point until) {
    told_place out;
    for (std::size_t tried = 0; tried < url_.hosts.size() && !out.where; ++tried) {
        const auto now = core::clock::now();
        if (now >= until) break;
        const auto which = url_.hosts[next_ % url_.hosts.size()];
        const core::time_point share = std::min<core::time_point>(until, now + for_one_sentinel);
        auto told = co_await ask_sentinel(which, share);
        if (!told.where) ++next_;  // the one that has answered is asked first again
        if (told.where || out.failure == fault::unreachable) out = std::move(told);
    }
    if (out.where) told_by_ = next_;
    co_return out;
}

core::task<told_place> directory::ask_sentinel(config::store_host which, core::time_point until) {
    const auto name = "the sentinel " + which.host + ':' + std::to_string(which.port);
    link_options options;  // it has no database, and users of its own
    options.as = sentinel_;
    options.tls = options_.tls;
    auto opened = co_await open_at(std::move(which), std::move(options), until);
    told_place out;
    out.failure = opened.failure;
    out.said = std::move(opened.said);
    if (opened.own) {
        const auto question = command({"SENTINEL", "get-master-addr-by-name", url_.master});
        const auto got = co_await opened.own->ask(question, until);
        out.failure = got.failure;
        if (got.failure == fault::none) out = place_in(got.value, url_.master);
    }
    if (out.failure == fault::late) out.failure = fault::unreachable;
    if (out.failure != fault::none && out.failure != fault::unreachable)
        out.said = name + (out.said.empty() ? "" : ": ") + out.said;
    co_return out;
}

void directory::use_tls(std::shared_ptr<const net::client_tls_material> material,
                        std::shared_ptr<net::client_tls> context) noexcept {
    options_.tls.material = std::move(material);
    options_.tls.context = std::move(context);
}

directory::advice directory::note(const reply& said) {
    if (!said.is_error()) return advice::stay;
    if (url_.kind == config::store_kind::cluster && said.is_error("MOVED")) {
        auto where = host_in_redirection(said.text);
        if (!where) return advice::stay;
        if (where->host.empty()) where->host = current_.host;
        home_ = std::move(where);
        return advice::follow;
    }
    if (url_.kind == config::store_kind::cluster && (said.is_error("ASK") || said.is_error("TRYAGAIN")))
        return advice::bear;
    // Scripts put words before the code. A store that may only be read was one: its name leads to another by
    // now, or will.
    const bool is_no_place = said.text.find("READONLY ") != std::string::npos ||
                             said.is_error("MASTERDOWN") || said.is_error("CLUSTERDOWN");
    if (!is_no_place) return advice::stay;
    leave();
    return advice::leave;
}

net::resolver& directory::addresses_of(const config::store_host& host) {
    const std::pair key(host.host, host.port);
    const auto found = resolvers_.find(key);
    if (found != resolvers_.end()) return found->second;
    if (resolvers_.size() >= most_resolvers) resolvers_.clear();
    return resolvers_.try_emplace(key, executor_, host.host, host.port, look_up_again).first->second;
}

void directory::use(const config::store_host& where) {
    if (url_.kind == config::store_kind::cluster) home_ = where;
    if (where == current_) return;
    current_ = where;
    ++changes_;
}

}  // namespace gate::store
