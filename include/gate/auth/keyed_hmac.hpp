#pragma once
// HMAC-SHA256 (RFC 2104) under one key, with the states after both key blocks kept: a short text costs two
// compressions, and nothing is allocated. Thread-safe: immutable.

#include <gate/auth/token_key.hpp>

#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace gate::auth {

class keyed_hmac {
public:
    using digest = std::array<std::uint8_t, 32>;

    explicit keyed_hmac(const process_key& key) noexcept;
    ~keyed_hmac();
    keyed_hmac(const keyed_hmac&) = delete;
    keyed_hmac& operator=(const keyed_hmac&) = delete;

    // Of the parts, one after the other, without anything between them.
    digest of(std::initializer_list<std::string_view> parts) const noexcept;
    // Of the label, the text's length (four bytes, big-endian) and the text: so a fleet makes its names.
    digest of_labelled(std::string_view label, std::string_view text) const noexcept;

private:
    SHA256_CTX inner_, outer_;
};

}  // namespace gate::auth
