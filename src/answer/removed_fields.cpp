#include <gate/answer/removed_fields.hpp>
#include <gate/core/text.hpp>

#include <algorithm>

namespace gate::answer {
namespace {

bool is_among(std::span<const std::string_view> names, std::string_view name) noexcept {
    return std::ranges::any_of(names, [name](std::string_view each) { return core::iequals(each, name); });
}

class name_list {
public:
    explicit name_list(std::string& out) noexcept : out_(out), begin_(out.size()) {}

    void add(std::string_view name) {
        if (has(name)) return;
        if (out_.size() != begin_) out_.append(", ");
        out_.append(name);
    }

private:
    // Names are tokens: none holds a comma or a blank.
    bool has(std::string_view name) const noexcept {
        auto rest = std::string_view(out_).substr(begin_);
        while (!rest.empty()) {
            const auto end = std::min(rest.find(','), rest.size());
            if (core::iequals(rest.substr(0, end), name)) return true;
            rest.remove_prefix(std::min(end + 2, rest.size()));
        }
        return false;
    }

    std::string& out_;
    std::size_t begin_;
};

}  // namespace

void append_removed_fields(const http::request_head& asking, const removal& what, std::string& out) {
    name_list names(out);
    if (what.authorization) names.add("authorization");
    if (asking.has(http::field_id::identity)) {
        for (const auto& field : asking.fields)
            if (field.id == http::field_id::identity && !is_among(what.set, field.name))
                names.add(field.name);
    }
    for (const auto& name : what.ours)
        if (!is_among(what.set, name)) names.add(name);
}

}  // namespace gate::answer
