#pragma once
// The agent tokens that this Gate knows: explicit ones, and (for load tests) every token with a chosen
// prefix. Not thread-safe.

#include <gate/emulator/time_text.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace gate::emulator {

// `agt_` and 1 to 508 characters of token68 (RFC 9110 11.2). Anything else is answered with 422.
bool is_plausible_token(std::string_view token);

struct token_record {
    std::string account;
    std::string status = "active";  // "revoked": no longer valid; any other value is answered as it stands
    wall_time created_at{};
    std::optional<wall_time> expires_at;  // fixed; nothing: moves with every use
    bool ignore_expiry = false;           // stays valid after expires_at: a Gate whose clock is off
};

struct token_facts {
    std::string account;
    std::string status;
    wall_time created_at{};
    std::optional<wall_time> expires_at;
};

enum class token_standing : std::uint8_t { unknown, valid, revoked, expired };

struct token_lookup {
    token_standing standing = token_standing::unknown;
    token_facts facts;  // empty when unknown
};

class token_store {
public:
    // lifetime: how long after its last use a token expires; 0: never, and answers name no expires_at.
    token_store(core::duration lifetime, wall_time started) : lifetime_(lifetime), started_(started) {}

    // Every plausible token that begins with prefix is valid, for the account `gacct_` + what follows `agt_`
    // in it.
    void accept_all(std::string prefix) { accepted_prefix_ = std::move(prefix); }

    void put(std::string token, token_record record);
    bool erase(std::string_view token);

    // False if the token is not known. Revoking twice is fine.
    bool revoke(std::string_view token);

    // What a verification at `now` finds. A use: it moves a rolling expiry.
    token_lookup verify(std::string_view token, wall_time now);

    // The record, accepted prefixes included, without using the token.
    std::optional<token_record> find(std::string_view token) const;

private:
    struct entry {
        token_record record;
        wall_time last_used;
    };

    bool is_accepted(std::string_view token) const;
    token_record accepted_record(std::string_view token) const;
    std::optional<wall_time> expiry(const entry& known) const;

    core::duration lifetime_;
    wall_time started_;
    std::optional<std::string> accepted_prefix_;
    std::unordered_map<std::string, entry> entries_;
};

}  // namespace gate::emulator
