#pragma once
// What is derived from the fleet's key: names that tell nothing, and the keys that messages are sealed with.
// HKDF (RFC 5869) and HMAC (RFC 2104) over SHA-256. Thread-safe: immutable.

#include <gate/auth/fleet_message.hpp>
#include <gate/auth/keyed_hmac.hpp>
#include <gate/auth/token_key.hpp>
#include <gate/core/secret_string.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_cipher_ctx_st;
struct evp_cipher_st;

namespace gate::store {

class fleet_keys {
public:
    // `secret`: 32 bytes or more. Replicas that ask another Gate, or ask it in another way, are another
    // fleet.
    fleet_keys(const core::secret_string& secret, std::string_view gate_url, std::string_view verify_path);
    fleet_keys(const fleet_keys&) = delete;
    fleet_keys& operator=(const fleet_keys&) = delete;

    // What auth::token_hasher makes a fleet's keys and fingerprints with.
    auth::process_key name_key() const { return name_key_; }

    auth::token_id id_of(std::string_view token) const;
    // 12 hex digits for logs, the same at every replica.
    std::array<char, 12> fingerprint_of(const auth::token_id& token) const;
    // The field of an account in the store: 22 characters.
    std::string name_of_account(std::string_view account) const;
    auth::key_id id_of_secret_key(const core::secret_string& secret_key) const;

    // "{gate:abcd1234}" and `suffix`: one slot of a cluster, one pattern of an ACL.
    std::string key(std::string_view suffix) const;

    // Sealed so that only the fleet can have made it, for the one place that it is sealed for: AES-256-GCM,
    // with `place` as its associated data.
    std::string seal(std::string_view text, std::string_view place) const;
    // Empty where it is not sealed by this fleet, for this place, in a version that is known.
    std::optional<std::string> unseal(std::string_view sealed, std::string_view place) const;

    // unseal(), for many messages one after the other.
    class opener;

    static constexpr std::size_t overhead = 1 + 28 + 16;  // bytes that sealing adds

private:
    struct derived;
    struct free_cipher {
        void operator()(evp_cipher_st* cipher) const noexcept;
    };
    struct free_context {
        void operator()(evp_cipher_ctx_st* context) const noexcept;
    };
    using context = std::unique_ptr<evp_cipher_ctx_st, free_context>;

    explicit fleet_keys(const derived& from);

    // One that knows its cipher, but no key.
    context make_context(bool encrypts) const;

    auth::process_key name_key_;
    auth::keyed_hmac names_;
    auth::keyed_hmac seals_;
    std::unique_ptr<evp_cipher_st, free_cipher> cipher_;  // looked up once: for each message it costs more
    std::string prefix_;
};

// Keeps what it opens with: to make and to wipe that costs a fifth of a message. It holds the key of the
// last message until it is destroyed. Belongs to one thread; `keys` outlives it.
class fleet_keys::opener {
public:
    explicit opener(const fleet_keys& keys);

    // As unseal(). The text is valid until the next call.
    std::optional<std::string_view> open(std::string_view sealed, std::string_view place);

private:
    const fleet_keys& keys_;
    context context_;
    std::string text_;
};

}  // namespace gate::store
