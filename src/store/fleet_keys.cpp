#include <gate/core/hex.hpp>
#include <gate/core/random.hpp>
#include <gate/store/fleet_keys.hpp>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>
#include <span>
#include <stdexcept>

namespace gate::store {
namespace {

using bytes = std::span<const std::uint8_t>;
using digest = auth::keyed_hmac::digest;

constexpr std::string_view salt = "gate-sidecar/fleet/1";
constexpr char version = 1;
constexpr std::size_t key_seed = 16, nonce_size = 12, tag_size = 16;
constexpr std::size_t id_size = std::tuple_size_v<decltype(auth::token_id::text)>;

bytes bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

void append_part(std::string& out, std::string_view part) {
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<char>(part.size() >> static_cast<unsigned>(shift) & 0xff));
    out.append(part);
}

// RFC 5869.
void hkdf(std::string_view secret, std::string_view info, std::span<std::uint8_t> out) {
    const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr),
                                                                &EVP_KDF_free);
    const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context(
        kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr, &EVP_KDF_CTX_free);
    const auto octets = [](const char* name, std::string_view value) {
        return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(value.data()), value.size());
    };
    std::string hash = "SHA256";
    const std::array<OSSL_PARAM, 5> with{OSSL_PARAM_construct_utf8_string("digest", hash.data(), 0),
                                         octets("key", secret), octets("salt", salt), octets("info", info),
                                         OSSL_PARAM_construct_end()};
    if (!context || EVP_KDF_derive(context.get(), out.data(), out.size(), with.data()) != 1)
        throw std::runtime_error("HKDF-SHA256 is not available");
}

std::string base32(bytes from) {
    std::string out;
    std::uint64_t bits = 0;
    unsigned count = 0;
    for (const auto each : from) {
        bits = bits << 8U | each;
        for (count += 8; count >= 5; count -= 5)
            out += "abcdefghijklmnopqrstuvwxyz234567"[bits >> (count - 5) & 31U];
    }
    return out;
}

// The first characters of base64url (RFC 4648 5).
template <std::size_t N>
std::array<char, N> base64url(const digest& from) {
    static_assert(N * 6 <= 256);
    std::array<char, N> out;
    std::uint32_t bits = 0;
    unsigned count = 0;
    auto next = from.begin();
    for (char& each : out) {
        if (count < 6) {
            bits = bits << 8U | *next++;
            count += 8;
        }
        count -= 6;
        each = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[bits >> count & 63U];
    }
    return out;
}

// The key of one message. A key for each: no nonce can meet another one.
struct message_key {
    digest key;

    // `random`: 28 bytes of the message.
    message_key(const auth::keyed_hmac& seals, std::string_view random)
        : key(seals.of({random.substr(0, key_seed)})) {}
    ~message_key() { OPENSSL_cleanse(key.data(), key.size()); }
    message_key(const message_key&) = delete;
    message_key& operator=(const message_key&) = delete;
};

// Before that, `with` has been given its cipher.
void begin_message(EVP_CIPHER_CTX* with, const auth::keyed_hmac& seals, std::string_view random) {
    const message_key own(seals, random);
    if (EVP_CipherInit_ex2(with, nullptr, own.key.data(), bytes_of(random).subspan(key_seed).data(), -1,
                           nullptr) != 1)
        throw std::runtime_error("AES-256-GCM is not available");
}

bool add(EVP_CIPHER_CTX* with, std::string_view place, bytes text, std::uint8_t* out) {
    int size = 0;
    return EVP_CipherUpdate(with, nullptr, &size, bytes_of(place).data(), static_cast<int>(place.size())) ==
               1 &&
           EVP_CipherUpdate(with, out, &size, text.data(), static_cast<int>(text.size())) == 1;
}

}  // namespace

// What HKDF makes of the fleet's key.
struct fleet_keys::derived {
    std::array<std::uint8_t, 69> all;

    derived(const core::secret_string& secret, std::string_view gate_url, std::string_view verify_path) {
        std::string info;
        append_part(info, gate_url);
        append_part(info, verify_path);
        hkdf(secret.reveal(), info, all);
    }
    ~derived() { OPENSSL_cleanse(all.data(), all.size()); }
    derived(const derived&) = delete;
    derived& operator=(const derived&) = delete;

    auth::process_key key_at(std::size_t from) const {
        std::array<std::uint8_t, 32> out;
        std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(from), out.size(), out.begin());
        auth::process_key key(out);
        OPENSSL_cleanse(out.data(), out.size());
        return key;
    }
    bytes last() const { return std::span(all).last<5>(); }
};

fleet_keys::fleet_keys(const core::secret_string& secret, std::string_view gate_url,
                       std::string_view verify_path)
    : fleet_keys(derived(secret, gate_url, verify_path)) {}

fleet_keys::fleet_keys(const derived& from)
    : name_key_(from.key_at(0)),
      names_(name_key_),
      seals_(from.key_at(32)),
      cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)),
      prefix_("{gate:" + base32(from.last()) + "}") {
    if (!cipher_) throw std::runtime_error("AES-256-GCM is not available");
}

fleet_keys::context fleet_keys::make_context(bool encrypts) const {
    context made(EVP_CIPHER_CTX_new());
    if (!made ||
        EVP_CipherInit_ex2(made.get(), cipher_.get(), nullptr, nullptr, encrypts ? 1 : 0, nullptr) != 1)
        throw std::runtime_error("AES-256-GCM is not available");
    return made;
}

void fleet_keys::free_context::operator()(evp_cipher_ctx_st* context) const noexcept {
    EVP_CIPHER_CTX_free(context);
}

void fleet_keys::free_cipher::operator()(evp_cipher_st* cipher) const noexcept {
    EVP_CIPHER_free(cipher);
}

auth::token_id fleet_keys::id_of(std::string_view token) const {
    return {base64url<id_size>(names_.of_labelled("token", token))};
}

std::array<char, 12> fleet_keys::fingerprint_of(const auth::token_id& token) const {
    const auto made = names_.of_labelled("fingerprint", token.view());
    std::array<char, 12> out;
    core::write_hex(std::span(made).first<6>(), out.data());
    return out;
}

std::string fleet_keys::name_of_account(std::string_view account) const {
    const auto made = base64url<id_size>(names_.of_labelled("account", account));
    return {made.begin(), made.end()};
}

auth::key_id fleet_keys::id_of_secret_key(const core::secret_string& secret_key) const {
    const auto made = names_.of_labelled("secret key", secret_key.reveal());
    auth::key_id out;
    std::copy_n(made.begin(), out.size(), out.begin());
    return out;
}

std::string fleet_keys::key(std::string_view suffix) const {
    return prefix_ + std::string(suffix);
}

// version | 28 random bytes | ciphertext | tag
std::string fleet_keys::seal(std::string_view text, std::string_view place) const {
    std::string out(overhead + text.size(), version);
    const std::span all(reinterpret_cast<std::uint8_t*>(out.data()), out.size());
    const auto random = all.subspan(1, key_seed + nonce_size);
    core::fill_with_random(random);
    const auto with = make_context(true);
    begin_message(with.get(), seals_, std::string_view(out).substr(1, random.size()));
    const auto body = all.subspan(1 + random.size());
    int size = 0;
    std::uint8_t* const tag = body.data() + text.size();
    if (!add(with.get(), place, bytes_of(text), body.data()) ||
        EVP_CipherFinal_ex(with.get(), tag, &size) != 1 ||
        EVP_CIPHER_CTX_ctrl(with.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, tag) != 1)
        throw std::runtime_error("sealing failed");
    return out;
}

std::optional<std::string> fleet_keys::unseal(std::string_view sealed, std::string_view place) const {
    opener with(*this);
    const auto text = with.open(sealed, place);
    if (!text) return {};
    return std::string(*text);
}

fleet_keys::opener::opener(const fleet_keys& keys) : keys_(keys), context_(keys.make_context(false)) {}

std::optional<std::string_view> fleet_keys::opener::open(std::string_view sealed, std::string_view place) {
    if (sealed.size() < overhead || sealed.front() != version) return {};
    const auto random = sealed.substr(1, key_seed + nonce_size);
    const auto body = bytes_of(sealed.substr(1 + random.size()));
    text_.resize(body.size() - tag_size);
    std::array<std::uint8_t, tag_size> tag;
    std::ranges::copy(body.last(tag_size), tag.begin());
    begin_message(context_.get(), keys_.seals_, random);
    auto* const into = reinterpret_cast<std::uint8_t*>(text_.data());
    int size = 0;
    const bool is_ours =
        add(context_.get(), place, body.first(text_.size()), into) &&
        EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1 &&
        EVP_CipherFinal_ex(context_.get(), into + text_.size(), &size) == 1;
    if (!is_ours) return {};
    return text_;
}

}  // namespace gate::store
