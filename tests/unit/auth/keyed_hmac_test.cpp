#include <gate/auth/keyed_hmac.hpp>
#include <gate/core/hex.hpp>

#include <catch.hpp>
#include <span>
#include <string>

namespace {

using namespace gate::auth;

// Zeros at its end change no key of HMAC.
process_key key_of(std::string_view text) {
    std::array<std::uint8_t, 32> bytes{};
    for (std::size_t i = 0; i < text.size(); ++i) bytes[i] = static_cast<std::uint8_t>(text[i]);
    return process_key(bytes);
}

std::string hex(const keyed_hmac::digest& digest) {
    std::string out(2 * digest.size(), '\0');
    gate::core::write_hex(digest, out.data());
    return out;
}

TEST_CASE("a keyed HMAC is that of RFC 4231") {
    CHECK(hex(keyed_hmac(key_of(std::string(20, '\x0b'))).of({"Hi There"})) ==
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CHECK(hex(keyed_hmac(key_of("Jefe")).of({"what do ya want ", "", "for nothing?"})) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("a keyed HMAC can be asked again, and a text of more than a block is read to its end") {
    const keyed_hmac hmac(key_of(std::string(32, 'k')));
    const std::string text(200, 'x');
    CHECK(hmac.of({text}) == hmac.of({text}));
    CHECK(hmac.of({text}) == hmac.of({text.substr(0, 63), text.substr(63)}));
    CHECK(hmac.of({text}) != hmac.of({text.substr(1)}));
}

TEST_CASE("a label is followed by the text's length, so that no other label and text are the same") {
    using namespace std::string_view_literals;
    const keyed_hmac hmac(key_of(std::string(32, 'k')));
    CHECK(hmac.of_labelled("token", "agt_1") == hmac.of({"token\0\0\0\5agt_1"sv}));
    CHECK(hmac.of_labelled("token", std::string(0x010203, 'x')) ==
          hmac.of({"token\0\1\2\3"sv, std::string(0x010203, 'x')}));
}

}  // namespace
