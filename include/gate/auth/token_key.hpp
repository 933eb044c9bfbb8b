#pragma once
// Keyed digests: what the process remembers in place of a token (rule 10).

#include <gate/auth/fleet_message.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace gate::core {
class secret_string;
}

namespace gate::auth {

// Random for each process, so that a digest means nothing outside of it and no client can choose tokens that
// collide.
class process_key {
public:
    static process_key random();  // throws std::runtime_error when the system has no randomness
    explicit process_key(const std::array<std::uint8_t, 32>& bytes) noexcept : bytes_(bytes) {}
    process_key(const process_key&) = default;
    process_key& operator=(const process_key&) = default;
    ~process_key();

    const std::array<std::uint8_t, 32>& bytes() const noexcept { return bytes_; }

private:
    std::array<std::uint8_t, 32> bytes_;
};

struct token_key {
    std::array<std::uint8_t, 32> digest{};

    bool operator==(const token_key&) const = default;

    // Well mixed bits for tables: from the first bytes, which the fingerprint does not show.
    std::uint64_t hash() const noexcept {
        std::uint64_t bits;
        std::memcpy(&bits, digest.data(), sizeof bits);
        return bits;
    }
    std::size_t shard() const noexcept { return digest[8]; }
};

// In a fleet a key is 132 bits of a digest under the fleet's key (token_id), zeros, and the 48 bits that the
// fingerprint shows, which are another digest of it: both mean the same at every replica.
token_id id_of(const token_key& key) noexcept;

// 12 hex digits that stand for a token in logs and admin answers. Not replayable: no request can carry a
// digest, only a token, which is hashed again; and 48 bits of a PRF under a key that never leaves the process
// tell nothing about the token, not even to one who holds a list of candidates. The bytes are ones that no
// table uses for its order, so that a reader of logs cannot look for tokens that share a bucket. Differs
// between processes, but not between the replicas of a fleet.
std::array<char, 12> fingerprint_of(const token_key& key) noexcept;
// In lower case alone.
bool is_fingerprint(std::string_view text) noexcept;

// 22 characters of base64url.
bool is_token_id(std::string_view text) noexcept;

// A name for the secret key in use that tells nothing about it.
std::string key_id_of(const process_key& key, const core::secret_string& secret_key);

// SHA-256 over one block made of a key that is derived from the process key, the Gate URL and the id of the
// secret key (each length-prefixed); the length of the token; the token. The length makes the inputs
// prefix-free, which is what a digest with the key in front needs to be a PRF (Bellare, Canetti, Krawczyk
// 1996: cascade), so that HMAC's second pass is not needed; and the state after the key block is kept, so
// that a usual token costs a single compression. Not thread-safe: one per worker. key_of allocates nothing.
class token_hasher {
public:
    token_hasher(const process_key& key, std::string_view gate_url, std::string_view key_name);
    // In a fleet: HMAC-SHA256 with the fleet's key of names, which is derived from Gate's URL too. Of which
    // secret key an answer was, its message says.
    explicit token_hasher(const process_key& fleet_names);
    ~token_hasher();
    token_hasher(token_hasher&&) noexcept;
    token_hasher& operator=(token_hasher&&) noexcept;

    // Precondition: token.size() <= max_token_size.
    token_key key_of(std::string_view token);
    // Of a token that another replica has seen. Precondition: in a fleet, and is_token_id(id).
    token_key key_of(const token_id& id);

private:
    struct keyed_state;
    struct fleet_state;
    std::unique_ptr<keyed_state> state_;
    std::unique_ptr<fleet_state> fleet_;  // in a fleet, in place of state_
};

}  // namespace gate::auth
