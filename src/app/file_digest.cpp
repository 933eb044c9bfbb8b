#include <gate/app/file_digest.hpp>
#include <gate/config/files.hpp>
#include <gate/core/hex.hpp>
#include <gate/core/secret_string.hpp>

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace gate::app {
namespace {

constexpr std::size_t most_bytes = 4 * 1024 * 1024;  // the system's bundle of authorities has 200 KiB

}  // namespace

std::string digest_of(std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr) != 1)
        throw std::runtime_error("no SHA-256");
    std::string out(2 * size, '\0');
    core::write_hex(std::span(bytes).first(size), out.data());
    return out;
}

std::string digest_of_file(const std::string& path) {
    if (path.empty()) return {};
    auto content = config::read_file(path, most_bytes, config::file_kind::regular);
    if (!content) return digest_of("! " + content.error());
    const core::secret_string text(std::move(*content));  // the file may hold a secret
    return digest_of(text.reveal());
}

}  // namespace gate::app
