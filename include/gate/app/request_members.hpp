#pragma once
// The body of a request to the admin listener, by the names that its endpoint knows: each member is a text.
// Errors are sentences for the operator; none shows what the body holds. Pure.

#include <gate/app/flat_object.hpp>
#include <gate/config/scalars.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::app {

class request_members {
public:
    static config::parsed<request_members> read(std::string_view body,
                                                std::initializer_list<std::string_view> known);

    // Nothing: there is no such member.
    std::optional<std::string_view> text(std::string_view name) const;

    // "account". An agent token, or what cannot be an account id, is a problem.
    config::parsed<std::string> account() const;

    // "for": "10m"; 1 s to `most`. 0: there is no such member.
    config::parsed<core::duration> span(core::duration most) const;

private:
    explicit request_members(std::vector<flat_member> all) : all_(std::move(all)) {}

    std::vector<flat_member> all_;
};

}  // namespace gate::app
