#pragma once
// Where the store is now: at a fixed address, where the sentinels say, or at the node of a cluster that holds
// the fleet's slot. Belongs to one thread; outlives the coroutines that it hands out.

#include <gate/config/store_url.hpp>
#include <gate/net/resolver.hpp>
#include <gate/store/link.hpp>
#include <gate/store/places.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace gate::store {

class directory {
public:
    // `wheel` outlives it. `options` of the store; of a sentinel are its TLS, too, and `sentinel`. Where
    // `options.tls` names no server, a certificate must have the name of the host.
    directory(core::executor executor, net::deadline_wheel& wheel, config::store_url url,
              link_options options, login sentinel);

    // A connection to the store, as it is known now.
    core::task<link::opened> open(core::time_point until);

    // For connections that are opened from now on. Precondition: TLS is on.
    void use_tls(std::shared_ptr<const net::client_tls_material> material,
                 std::shared_ptr<net::client_tls> context) noexcept;

    // What an answer says about the place: stay; bear it, a cluster moves our keys to another node one by
    // one, and what needs those of both has to wait; leave, the next connection leads elsewhere, perhaps; or
    // follow, it is known where to.
    enum class advice : std::uint8_t { stay, bear, leave, follow };
    advice note(const reply& said);
    static bool leads_elsewhere(advice what) noexcept { return what >= advice::leave; }

    // Grows whenever the place has changed: connections that were opened before lead to another one.
    unsigned changes() const noexcept { return changes_; }

private:
    core::task<link::opened> open_at(config::store_host where, link_options options, core::time_point until);
    core::task<told_place> ask_sentinels(core::time_point until);
    core::task<told_place> ask_sentinel(config::store_host which, core::time_point until);
    const config::store_host& next_node() noexcept;
    void leave();
    net::resolver& addresses_of(const config::store_host& host);
    void use(const config::store_host& where);

    core::executor executor_;
    net::deadline_wheel& wheel_;
    config::store_url url_;
    link_options options_;
    login sentinel_;
    std::map<std::pair<std::string, std::uint16_t>, net::resolver> resolvers_;
    config::store_host current_{};              // where the last connection was opened
    std::optional<config::store_host> home_{};  // of a cluster: the node that holds the slot, as far as known
    std::size_t next_ = 0;                      // host of `url_`
    std::size_t told_by_ = 0;                   // of the sentinels: the one that has answered last
    unsigned changes_ = 0;
};

}  // namespace gate::store
