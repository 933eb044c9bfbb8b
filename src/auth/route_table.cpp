#include "route_choice.hpp"

#include <gate/auth/route_table.hpp>
#include <gate/http/host_pattern.hpp>
#include <gate/http/override_path.hpp>

#include <algorithm>

namespace gate::auth {
namespace {

constexpr std::size_t most_other_paths = 8;

// All choices of one request taken together: the strictest access, and what every one of them allows.
struct tally {
    route_access needs = route_access::none;
    bool preflight = true;
    bool in_shadow = true;

    void add(const route_choice& c) noexcept {
        needs = std::max(needs, c.needs);
        preflight = preflight && c.preflight;
        in_shadow = in_shadow && c.in_shadow;
    }
    void hold(const route_defaults& defaults) noexcept {
        needs = std::max(needs, defaults.mode);
        preflight = preflight && defaults.preflight;
    }
    void refuse() noexcept {
        needs = route_access::deny;
        preflight = false;
    }
    bool is_settled() const noexcept { return needs == route_access::deny && !in_shadow; }
};

bool has_one_bit(std::uint64_t methods) noexcept {
    return (methods & (methods - 1)) == 0;
}

// The request that most are: its raw path is its only reading, and its method has no other variant. It
// decides as `decider` would, with fewer instructions.
bool decide_simple(const compiled_routes& in, std::string_view method_name, std::string_view path,
                   route_decision& out) {
    std::uint64_t slashes = 0;
    if (!in.is_simple || path.size() >= 64 || !http::reads_one_way(path, slashes)) return false;
    const auto method = in.method_bits(method_name);
    if (!has_one_bit(method)) return false;
    const route_rule* const found =
        in.trie.find_short(in.beginning, path, slashes, [method](const rule_group& group) {
            for (const auto& rule : group.rules)
                if (rule.has_method(method)) return &rule;
            return static_cast<const route_rule*>(nullptr);
        });
    if (found != nullptr) out.chosen = &in.routes[found->route];
    out.needs = out.tried = found == nullptr ? in.defaults.mode : found->needs;
    const bool preflight = found == nullptr ? in.defaults.preflight : found->preflight;
    out.preflight = out.tried_preflight = preflight && out.needs != route_access::deny;
    return true;
}

class decider {
public:
    decider(const compiled_routes& in, const route_request& asked, route_scratch& scratch)
        : in_(in), asked_(asked), scratch_(scratch) {}

    route_decision run() {
        if (in_.has_hosts) find_level();
        const auto methods = all_methods();
        const auto bit = has_one_bit(methods) ? methods : in_.method_bit(asked_.method);
        const path_spelling raw{asked_.path, asked_.path, path_form::raw};
        const auto chosen = choose(in_, raw, bit, level_);
        if (chosen.rule != nullptr) out_.chosen = &in_.routes[chosen.rule->route];
        tried_.add(chosen);
        if (in_.has_shadow) enforced_.add(shadow_choice(in_, raw, bit, level_));

        const bool reads_one_way = http::reads_one_way(asked_.path);
        const bool is_alone = reads_one_way && in_.all_plain && methods == bit &&
                              asked_.other_paths.empty() && asked_.other_methods.empty() && knows_host_;
        if (is_alone || in_.is_uniform) return made();
        tighten(methods);
        const bool may_pass = in_.has_shadow || tried_.preflight || tried_.needs < in_.defaults.mode;
        if (!reads_one_way && may_pass) hold_if_ambiguous(asked_.path);
        return made();
    }

private:
    void find_level() {
        const http::comparable_host host(asked_.host);
        knows_host_ = host.is_known();
        if (knows_host_) level_ = in_.level_of(host.name());
    }

    std::uint64_t all_methods() const noexcept {
        auto out = in_.method_bits(asked_.method);
        for (const auto method : asked_.other_methods) out |= in_.method_bits(method);
        return out;
    }

    void tighten(std::uint64_t methods) {
        if (!in_.has_routes && (!asked_.other_paths.empty() || !asked_.other_methods.empty())) hold();
        add_readings(asked_.path, methods);
        if (asked_.other_paths.size() > most_other_paths) return have_too_many();
        for (const auto reference : asked_.other_paths) {
            scratch_.path.clear();
            http::append_override_path(reference, scratch_.path);
            add_readings(scratch_.path, methods);
            if (!http::reads_one_way(scratch_.path)) hold_if_ambiguous(scratch_.path);
        }
    }

    void add_readings(std::string_view path, std::uint64_t methods) {
        if (http::reads_one_way(path)) return add_spelling({path, path}, methods);
        if (!scratch_.readings.read(path)) have_too_many();
        for (std::size_t i = 0; i < scratch_.readings.size(); ++i) {
            scratch_.plain.clear();
            http::append_plain_form(scratch_.readings[i], scratch_.plain);
            add_spelling({scratch_.plain, path}, methods);
            const auto lower = lower_form(scratch_.readings[i]);
            if (lower != scratch_.plain) add_spelling({lower, path, path_form::lower}, methods);
        }
    }

    void add_spelling(const path_spelling& by, std::uint64_t methods) {
        for (auto left = methods; left != 0; left &= left - 1) {
            const auto bit = left & (~left + 1);
            if (knows_host_) {
                add(by, bit, level_);
            } else {
                for (std::uint32_t level = 0; level < in_.levels.size(); ++level) add(by, bit, level);
            }
        }
    }

    void add(const path_spelling& by, std::uint64_t method, std::uint32_t level) {
        if (tried_.is_settled() && (!in_.has_shadow || enforced_.is_settled())) return;
        tried_.add(choose(in_, by, method, level));
        if (in_.has_shadow) enforced_.add(shadow_choice(in_, by, method, level));
    }

    void hold() {
        tried_.hold(in_.defaults);
        enforced_.hold(in_.defaults);
    }

    void hold_if_ambiguous(std::string_view path) {
        if (http::find_ambiguous_piece(path).empty()) return;
        out_.is_ambiguous = true;
        hold();
    }

    // Which of them are missing is not known: nothing that some route refuses may pass.
    void have_too_many() {
        enforced_.in_shadow = in_.all_in_shadow;
        if (!in_.has_routes || !in_.access_differs) return hold();
        out_.has_too_many_readings = true;
        tried_.refuse();
        enforced_.refuse();
    }

    route_decision made() {
        const auto& enforced = in_.has_shadow ? enforced_ : tried_;
        out_.needs = enforced.needs;
        out_.tried = tried_.needs;
        out_.in_shadow = in_.has_shadow && enforced.in_shadow;
        out_.preflight = enforced.preflight && enforced.needs != route_access::deny;
        out_.tried_preflight = tried_.preflight && tried_.needs != route_access::deny;
        return out_;
    }

    const compiled_routes& in_;
    const route_request& asked_;
    route_scratch& scratch_;
    std::uint32_t level_ = 0;
    bool knows_host_ = true;
    tally tried_;
    tally enforced_;
    route_decision out_;
};

}  // namespace

route public_path_route(std::string path, std::string where) {
    route out;
    out.paths.push_back(std::move(path));
    out.needs = route_access::none;
    out.where = std::move(where);
    out.is_public_path = true;
    return out;
}

route_table::route_table(std::vector<route> routes, const route_defaults& defaults)
    : compiled_(std::make_unique<const compiled_routes>(compile(std::move(routes), defaults))) {}
route_table::~route_table() = default;
route_table::route_table(route_table&&) noexcept = default;
route_table& route_table::operator=(route_table&&) noexcept = default;

const std::vector<route_problem>& route_table::errors() const noexcept {
    return compiled_->errors;
}

const std::vector<route_problem>& route_table::warnings() const noexcept {
    return compiled_->warnings;
}

const std::vector<route>& route_table::routes() const noexcept {
    return compiled_->routes;
}

bool route_table::decide_simply(std::string_view method, std::string_view path, route_decision& out) const {
    return decide_simple(*compiled_, method, path, out);
}

route_decision route_table::decide(const route_request& asked, route_scratch& scratch) const {
    route_decision out;
    const bool may_be_simple = asked.other_paths.empty() && asked.other_methods.empty();
    if (may_be_simple && decide_simple(*compiled_, asked.method, asked.path, out)) return out;
    return decider(*compiled_, asked, scratch).run();
}

}  // namespace gate::auth
