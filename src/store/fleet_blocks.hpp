#pragma once
// The blocks of the fleet in the store, merged both ways with those that are known here: they outlive every
// message of the log. Of the store's thread.

#include "store_access.hpp"

#include <gate/core/task.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace gate::store {

class fleet_blocks {
public:
    explicit fleet_blocks(store_access& on) : on_(on) {}

    // Reads all of them, and writes what is newer here; each by compare-and-set. False: the store was away or
    // late, or has said what cannot be. One at a time.
    core::task<bool> merge();

    // One that the log has been told of. False: there are too many, and a merge may make room.
    core::task<bool> put(auth::fleet_message block);

private:
    enum class put_answer : std::uint8_t {
        failed,  // the store was away or late
        done,
        other,  // another one stands there by now
        full,
    };
    // What stands in the store for an account.
    struct standing {
        std::string sealed;
        auth::store_time at;
        bool is_lifting = false;
    };
    using standing_by_field = std::map<std::string, standing, std::less<>>;

    core::task<bool> read(standing_by_field& into);
    core::task<bool> take_page(reply page, standing_by_field& into);
    core::task<bool> write_newer(standing_by_field& there);
    core::task<put_answer> make_room(standing_by_field& there);
    core::task<put_answer> replace(const std::string& field, const std::string& expected,
                                   const auth::fleet_message& block);
    std::optional<auth::fleet_message> block_in(const std::string& field, const std::string& sealed);
    bool is_over(const auth::fleet_message& block) const;
    script_call put_call(std::string field, std::string expected, std::string value) const;

    store_access& on_;
};

}  // namespace gate::store
