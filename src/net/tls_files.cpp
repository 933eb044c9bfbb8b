#include "certificate_facts.hpp"
#include "pem.hpp"

#include <gate/config/files.hpp>
#include <gate/core/text.hpp>
#include <gate/net/tls_files.hpp>

#include <openssl/evp.h>

#include <array>
#include <utility>

namespace gate::net {
namespace {

using config::refusal;

constexpr std::size_t ticket_key_size = 80;
constexpr std::size_t most_ticket_keys = 3;

refusal blamed(const std::string& path, const std::string& what) {
    return refusal{path + ": " + what};
}

// In memory that is wiped: a certificate's file may hold the key, too.
config::parsed<core::secret_string> read(const std::string& path, std::size_t most) {
    auto text = config::read_file(path, most, config::file_kind::regular);
    if (!text) return refusal{text.error()};
    return core::secret_string(std::move(*text));
}

std::string_view without_blanks(std::string_view line) {
    return core::trim(line, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
}

// Of 80 bytes exactly: 108 characters, of which the last is '='. EVP_DecodeBlock passes over white space.
std::optional<core::secret_string> decode_ticket_key(std::string_view line) {
    constexpr std::size_t length = 108;
    if (line.size() != length || line.find_first_of(" \t\r") != std::string_view::npos) return std::nullopt;
    if (!line.ends_with('=') || line[length - 2] == '=') return std::nullopt;
    std::string bytes(length / 4 * 3, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(line.data()), static_cast<int>(length));
    core::secret_string out;
    if (size == static_cast<int>(bytes.size())) bytes.resize(ticket_key_size);
    out = core::secret_string(std::move(bytes));
    if (out.reveal().size() != ticket_key_size) return std::nullopt;
    return out;
}

}  // namespace

config::parsed<tls_certificate> read_certificate(const config::certificate_files& from) {
    const auto chain_text = read(from.cert_file, most_chain_bytes);
    if (!chain_text) return blamed(from.cert_file, chain_text.error());
    const auto chain = parse_certificates(chain_text->reveal(), most_chain_certificates);
    if (!chain) return blamed(from.cert_file, chain.error());
    auto key_text = read(from.key_file, most_key_bytes);
    if (!key_text) return blamed(from.key_file, key_text.error());
    const auto key = parse_key(key_text->reveal());
    if (!key) return blamed(from.key_file, key.error());
    const auto kind = kind_of(key->get());
    if (!kind) return blamed(from.key_file, kind.error());

    tls_certificate out;
    if (auto bad = read_facts(chain->front().get(), out); !bad.empty()) return blamed(from.cert_file, bad);
    for (std::size_t i = 0; i < chain->size(); ++i) {
        if (X509_check_private_key((*chain)[i].get(), key->get()) != 1) continue;
        if (i == 0) break;
        return blamed(from.cert_file, "its first certificate is not that of the key, but number " +
                                          std::to_string(i + 1) + " is: the chain must begin with it");
    }
    const bool fits = X509_check_private_key(chain->front().get(), key->get()) == 1;
    openssl_reason();
    if (!fits) return blamed(from.key_file, "is not the key of the certificate in " + from.cert_file);
    out.kind = *kind;
    out.chain_pem = pem_of(*chain);
    out.key_pem = std::move(*key_text);
    return out;
}

config::parsed<std::string> read_certificate_digest(const std::string& cert_file) {
    const auto text = read(cert_file, most_chain_bytes);
    if (!text) return blamed(cert_file, text.error());
    const auto chain = parse_certificates(text->reveal(), most_chain_certificates);
    if (!chain) return blamed(cert_file, chain.error());
    tls_certificate out;
    if (auto bad = read_facts(chain->front().get(), out); !bad.empty()) return blamed(cert_file, bad);
    return out.sha256;
}

config::parsed<std::string> read_authorities(const std::string& path) {
    const auto text = read(path, most_bundle_bytes);
    if (!text) return blamed(path, text.error());
    const auto found = parse_certificates(text->reveal(), most_authorities);
    if (!found) return blamed(path, found.error());
    return pem_of(*found);
}

config::parsed<std::vector<core::secret_string>> read_ticket_keys(const std::string& path) {
    constexpr std::size_t most = 4 * 1024;
    const auto text = read(path, most);
    if (!text) return blamed(path, text.error());
    std::vector<core::secret_string> out;
    auto rest = text->reveal();
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const auto line = without_blanks(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty()) continue;
        if (out.size() == most_ticket_keys) return blamed(path, "has more than three keys");
        auto key = decode_ticket_key(line);
        if (!key)
            return blamed(path, "line " + std::to_string(number) +
                                    " is not base64 of 80 bytes: 'openssl rand -base64 80 | tr -d \"\\n\"' "
                                    "makes a key");
        out.push_back(std::move(*key));
    }
    if (out.empty()) return blamed(path, "is empty");
    return out;
}

}  // namespace gate::net
