#define OPENSSL_SUPPRESS_DEPRECATED  // SHA256_Init and the like: see token_hasher::keyed_state

#include <gate/auth/keyed_hmac.hpp>

#include <openssl/crypto.h>

namespace gate::auth {
namespace {

SHA256_CTX after(const process_key& key, std::uint8_t pad) noexcept {
    std::array<std::uint8_t, SHA256_CBLOCK> padded;
    padded.fill(pad);
    for (std::size_t i = 0; i < key.bytes().size(); ++i)
        padded[i] = static_cast<std::uint8_t>(padded[i] ^ key.bytes()[i]);
    SHA256_CTX out;
    SHA256_Init(&out);
    SHA256_Update(&out, padded.data(), padded.size());
    OPENSSL_cleanse(padded.data(), padded.size());
    return out;
}

}  // namespace

keyed_hmac::keyed_hmac(const process_key& key) noexcept
    : inner_(after(key, 0x36)), outer_(after(key, 0x5c)) {}

keyed_hmac::~keyed_hmac() {
    OPENSSL_cleanse(&inner_, sizeof inner_);
    OPENSSL_cleanse(&outer_, sizeof outer_);
}

// What it makes may be a key: no copy stays on the stack.
keyed_hmac::digest keyed_hmac::of(std::initializer_list<std::string_view> parts) const noexcept {
    digest out;
    auto running = inner_;
    for (const auto part : parts) SHA256_Update(&running, part.data(), part.size());
    SHA256_Final(out.data(), &running);
    running = outer_;
    SHA256_Update(&running, out.data(), out.size());
    SHA256_Final(out.data(), &running);
    OPENSSL_cleanse(&running, sizeof running);
    return out;
}

keyed_hmac::digest keyed_hmac::of_labelled(std::string_view label, std::string_view text) const noexcept {
    const auto size = static_cast<std::uint32_t>(text.size());
    const std::array<char, 4> length{static_cast<char>(size >> 24U), static_cast<char>(size >> 16U & 0xffU),
                                     static_cast<char>(size >> 8U & 0xffU), static_cast<char>(size & 0xffU)};
    return of({label, {length.data(), length.size()}, text});
}

}  // namespace gate::auth
