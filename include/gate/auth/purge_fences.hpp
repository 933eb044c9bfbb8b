#pragma once
// Purges that answers on their way must not outlive. Pure. Not thread-safe.

#include <gate/auth/token_key.hpp>
#include <gate/core/clock.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gate::auth {

// What a purge is about.
struct purge_scope {
    enum class kind : std::uint8_t { token, account, all };
    kind extent = kind::all;
    std::string_view name;  // the fingerprint of a token, or the id of an account
};

// `account_id`: of an accepted token; empty: a refused one, which a purge of an account is not about.
bool is_about(const purge_scope& which, const token_key& key, std::string_view account_id);

class purge_fences {
public:
    static constexpr std::size_t most = 1'000;  // of tokens and accounts

    // Void is what was asked for at `at` or before. Fences of `memory` ago void nothing that could be in use:
    // they make room. Where there is none, the oldest becomes one for all tokens: that costs calls, and
    // admits nothing.
    void add(const purge_scope& which, core::time_point at, core::duration memory);

    // Whether a purge of this, of `at` or later, has been added, and is remembered.
    bool holds(const purge_scope& which, core::time_point at) const;

    bool voids(core::time_point asked, const token_key& key, std::string_view account_id) const;

    void move_back(core::time_point::duration span);

private:
    struct fence {
        purge_scope::kind extent;
        std::string name;
        core::time_point at;

        bool is_of(const purge_scope& which) const { return extent == which.extent && name == which.name; }
    };

    core::time_point all_ = core::time_point::min();
    std::vector<fence> some_;
};

}  // namespace gate::auth
