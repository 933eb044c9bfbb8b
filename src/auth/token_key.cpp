#define OPENSSL_SUPPRESS_DEPRECATED  // SHA256_Init and the like: see keyed_state

#include <gate/auth/keyed_hmac.hpp>
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
#include <vector>

namespace gate::auth {
namespace {

using digest = std::array<std::uint8_t, 32>;

constexpr std::string_view base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t id_size = std::tuple_size_v<decltype(token_id::text)>;
constexpr std::size_t id_bytes = 17;  // of which the last four bits are none of its 132

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

process_key derive(const process_key& key, std::string_view gate_url, std::string_view key_name) {
    std::string parts("tokens");
    append_part(parts, gate_url);
    append_part(parts, key_name);
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

bool is_token_id(std::string_view text) noexcept {
    return text.size() == id_size && text.find_first_not_of(base64url) == std::string_view::npos;
}

token_id id_of(const token_key& key) noexcept {
    token_id out;
    std::uint32_t bits = 0;
    unsigned count = 0;
    const auto* next = key.digest.data();
    for (char& each : out.text) {
        if (count < 6) {
            bits = bits << 8U | *next++;
            count += 8;
        }
        count -= 6;
        each = base64url[bits >> count & 63U];
    }
    return out;
}

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

bool is_fingerprint(std::string_view text) noexcept {
    return text.size() == 12 && text.find_first_not_of(core::hex_digits) == std::string_view::npos;
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

// A usual token costs two compressions. The fingerprint costs two more: those of the tokens in use are kept.
struct token_hasher::fleet_state {
    explicit fleet_state(const process_key& key) : hmac_(key) {}

    digest name_of(std::string_view token) const { return hmac_.of_labelled("token", token); }

    // Precondition: all of the digest but the id is zero.
    void add_fingerprint(token_key& to) {
        auto& kept = kept_[to.hash() % kept_.size()];
        if (!std::ranges::equal(std::span(kept.digest).first<fingerprint_at>(),
                                std::span(to.digest).first<fingerprint_at>())) {
            kept = to;
            const auto made = hmac_.of_labelled("fingerprint", id_of(to).view());
            std::copy_n(made.begin(), to.digest.size() - fingerprint_at,
                        kept.digest.begin() + fingerprint_at);
        }
        to = kept;
    }

private:
    static constexpr std::size_t fingerprint_at = 26;

    keyed_hmac hmac_;
    std::vector<token_key> kept_{512};  // an id of zeros has no fingerprint: no token has it
};

token_hasher::token_hasher(const process_key& key, std::string_view gate_url, std::string_view key_name)
    : state_(std::make_unique<keyed_state>(derive(key, gate_url, key_name))) {}

token_hasher::token_hasher(const process_key& fleet_names)
    : fleet_(std::make_unique<fleet_state>(fleet_names)) {}

token_hasher::~token_hasher() = default;
token_hasher::token_hasher(token_hasher&&) noexcept = default;
token_hasher& token_hasher::operator=(token_hasher&&) noexcept = default;

token_key token_hasher::key_of(std::string_view token) {
    assert(token.size() <= 512);
    if (fleet_) {
        const auto made = fleet_->name_of(token);
        token_key out;
        std::copy_n(made.begin(), id_bytes, out.digest.begin());
        out.digest[id_bytes - 1] &= 0xf0U;
        fleet_->add_fingerprint(out);
        return out;
    }
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

token_key token_hasher::key_of(const token_id& id) {
    assert(fleet_ != nullptr && is_token_id(id.view()));
    token_key out;
    std::uint32_t bits = 0;
    unsigned count = 0;
    auto next = out.digest.begin();
    for (const char each : id.text) {
        bits = bits << 6U | static_cast<std::uint32_t>(base64url.find(each));
        for (count += 6; count >= 8; count -= 8) *next++ = static_cast<std::uint8_t>(bits >> (count - 8));
    }
    *next = static_cast<std::uint8_t>(bits << (8 - count));
    fleet_->add_fingerprint(out);
    return out;
}

}  // namespace gate::auth
