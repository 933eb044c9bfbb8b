#define OPENSSL_SUPPRESS_DEPRECATED  // SHA256_Init and the like: see keyed_state

#include <gate/auth/token_key.hpp>
#include <gate/core/hex.hpp>
#include <gate/core/random.hpp>
#include <gate/core/secret_string.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <cassert>
#include <span>
#include <stdexcept>

namespace gate::auth {
namespace {

using digest = std::array<std::uint8_t, 32>;

void append_part(std::string& out, std::string_view part) {
    const auto size = static_cast<std::uint64_t>(part.size());
    for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(size >> shift & 0xff));
    out.append(part);
}

digest hmac(const process_key& key, std::string_view text) {
    digest out;
    unsigned size = out.size();
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    if (HMAC(EVP_sha256(), key.bytes().data(), static_cast<int>(key.bytes().size()), bytes, text.size(),
             out.data(), &size) == nullptr) {
        throw std::runtime_error("HMAC-SHA256 is not available");
    }
    return out;
}

process_key derive(const process_key& key, std::string_view gate_url, std::string_view key_id) {
    std::string parts("tokens");
    append_part(parts, gate_url);
    append_part(parts, key_id);
    return process_key(hmac(key, parts));
}

std::array<char, 12> hex(std::span<const std::uint8_t, 6> bytes) noexcept {
    std::uint64_t value = 0;  // all of them at once cost less than a digit at a time
    for (const auto each : bytes) value = value << 8U | each;
    std::array<char, 16> digits;
    core::write_hex(value << 16U, digits.data());
    std::array<char, 12> out;
    std::copy_n(digits.begin(), out.size(), out.begin());
    return out;
}

}  // namespace

process_key process_key::random() {
    std::array<std::uint8_t, 32> bytes;
    core::fill_with_random(bytes);
    return process_key(bytes);
}

process_key::~process_key() {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

std::array<char, 12> fingerprint_of(const token_key& key) noexcept {
    return hex(std::span(key.digest).last<6>());
}

std::string key_id_of(const process_key& key, const core::secret_string& secret_key) {
    std::string parts("secret key");
    parts.reserve(secret_key.reveal().size() + 32);
    append_part(parts, secret_key.reveal());
    const auto id = hmac(key, parts);
    OPENSSL_cleanse(parts.data(), parts.size());
    const auto text = hex(std::span(id).first<6>());
    return std::string(text.begin(), text.end());
}

// The low-level functions, deprecated as they are: EVP_DigestInit_ex allocates on every call in OpenSSL 3.0,
// and a state that is plain memory can be copied for each token.
struct token_hasher::keyed_state {
    SHA256_CTX after_key;

    explicit keyed_state(const process_key& key) {
        std::array<std::uint8_t, SHA256_CBLOCK> block{};
        std::ranges::copy(key.bytes(), block.begin());
        SHA256_Init(&after_key);
        SHA256_Update(&after_key, block.data(), block.size());
        OPENSSL_cleanse(block.data(), block.size());
    }
    ~keyed_state() { OPENSSL_cleanse(&after_key, sizeof after_key); }
};

token_hasher::token_hasher(const process_key& key, std::string_view gate_url, std::string_view key_id)
    : state_(std::make_unique<keyed_state>(derive(key, gate_url, key_id))) {}

token_hasher::~token_hasher() = default;
token_hasher::token_hasher(token_hasher&&) noexcept = default;
token_hasher& token_hasher::operator=(token_hasher&&) noexcept = default;

token_key token_hasher::key_of(std::string_view token) {
    assert(token.size() <= 512);
    const auto size = static_cast<std::uint16_t>(token.size());
    const std::uint8_t length[] = {static_cast<std::uint8_t>(size & 0xffU),
                                   static_cast<std::uint8_t>(size >> 8U)};
    token_key out;
    auto running = state_->after_key;
    SHA256_Update(&running, length, sizeof length);
    SHA256_Update(&running, token.data(), token.size());
    SHA256_Final(out.digest.data(), &running);  // wipes its state
    return out;
}

}  // namespace gate::auth
