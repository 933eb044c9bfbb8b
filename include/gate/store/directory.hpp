#pragma once
// Where the store is now: at a fixed address, where the sentinels say, or at the node of a cluster that holds
// the fleet's slot. Belongs to one thread; outlives the coroutines that it hands out.

#include <gate/config/store_url.hpp>
#include <gate/net/resolver.hpp>
#include <gate/store/link.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace gate::store {

// What a node of a cluster answers for a slot that it does not hold: "MOVED 3999 10.0.0.1:6381". The host is
// empty where it is that of the node that was asked.
std::optional<config::store_host> host_in_redirection(std::string_view error);

class directory {
public:
    // `wheel` outlives it. Where `options.tls` names no server, a certificate must have the name of the host.
    directory(core::executor executor, net::deadline_wheel& wheel, config::store_url url,
              link_options options);

    // A connection to the store, as it is known now.
    core::task<link::opened> open(core::time_point until);

    // For connections that are opened from now on. Precondition: TLS is on.
    void use_tls(std::shared_ptr<const net::client_tls_material> material,
                 std::shared_ptr<net::client_tls> context) noexcept;

    // What an answer says about the place: stay; leave, the next connection leads elsewhere, perhaps; or
    // follow, it is known where to.
    enum class advice : std::uint8_t { stay, leave, follow };
    advice note(const reply& said);

    // Grows whenever the place has changed: connections that were opened before lead to another one.
    unsigned changes() const noexcept { return changes_; }

private:
    core::task<link::opened> open_at(config::store_host where, link_options options, core::time_point until);
    core::task<std::optional<config::store_host>> ask_sentinels(core::time_point until);
    core::task<std::optional<config::store_host>> ask_sentinel(config::store_host which,
                                                               core::time_point until);
    const config::store_host& next_node() noexcept;
    void leave();
    net::resolver& addresses_of(const config::store_host& host);
    void use(const config::store_host& where);

    core::executor executor_;
    net::deadline_wheel& wheel_;
    config::store_url url_;
    link_options options_;
    std::map<std::pair<std::string, std::uint16_t>, net::resolver> resolvers_;
    config::store_host current_{};              // where the last connection was opened
    std::optional<config::store_host> home_{};  // of a cluster: the node that holds the slot, as far as known
    std::size_t next_ = 0;                      // host of `url_`
    std::size_t told_by_ = 0;                   // of the sentinels: the one that has answered last
    unsigned changes_ = 0;
};

}  // namespace gate::store
