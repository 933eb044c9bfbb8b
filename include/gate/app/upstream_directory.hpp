#pragma once
// Where each upstream of the configuration in force is.

#include <gate/app/upstream_addresses.hpp>
#include <gate/core/task.hpp>

#include <memory>
#include <string>
#include <vector>

namespace gate::app {

// Belongs to the control thread, on which all of it happens.
class upstream_directory {
public:
    using books = std::vector<std::shared_ptr<const address_book>>;

    // Knows where those of `options` are, or will be after start(). `to`: see upstream_addresses.
    upstream_directory(core::executor control, const config::config& options, upstream_addresses::reports to);

    void start();
    void stop();

    // In the order of proxy::snapshot::upstreams.
    books current() const;

    // The upstreams of `next` from now on: those with the same name and URL stay as they are. Ends when it is
    // known where the new ones are, or after 2 s. The others are kept up to date until forget_replaced().
    core::task<> follow(const config::config& next);
    void forget_replaced();

private:
    struct entry {
        std::string name;  // empty: the default one
        std::shared_ptr<upstream_addresses> at;
    };
    std::shared_ptr<upstream_addresses> find(const config::url& target);
    entry entry_for(const std::string& name, const config::url& target);
    std::vector<entry> entries_for(const config::config& options);

    core::executor control_;
    upstream_addresses::reports to_;
    std::vector<entry> entries_;
    std::vector<std::shared_ptr<upstream_addresses>> replaced_;
};

}  // namespace gate::app
