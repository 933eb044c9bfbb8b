#include "certificate_facts.hpp"

#include "openssl.hpp"

#include <gate/core/civil_time.hpp>
#include <gate/core/hex.hpp>
#include <gate/core/text.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <optional>
#include <span>
#include <string_view>

namespace gate::net {
namespace {

bool is_visible(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, core::is_visible);
}

std::optional<std::string> address_in(std::string_view bytes) {
    namespace ip = boost::asio::ip;
    if (bytes.size() == 4) {
        ip::address_v4::bytes_type raw;
        std::memcpy(raw.data(), bytes.data(), raw.size());
        return ip::address_v4(raw).to_string();
    }
    if (bytes.size() == 16) {
        ip::address_v6::bytes_type raw;
        std::memcpy(raw.data(), bytes.data(), raw.size());
        return ip::address_v6(raw).to_string();
    }
    return std::nullopt;
}

// DNS names and addresses are what a server is asked for; of the others only the first name is of interest.
std::string read_names(X509* of, tls_certificate& into) {
    int found = 0;
    const names_pointer names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(of, NID_subject_alt_name, &found, nullptr)));
    if (!names) return found == -1 ? "" : "has subject alternative names that cannot be read";
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* const each = sk_GENERAL_NAME_value(names.get(), i);
        std::string name;
        if (each->type == GEN_DNS || each->type == GEN_URI) {
            const auto text =
                text_of(each->type == GEN_DNS ? each->d.dNSName : each->d.uniformResourceIdentifier);
            if (!is_visible(text)) return "has a subject alternative name with a byte that no name may have";
            name = each->type == GEN_DNS ? core::lowered(text) : std::string(text);
        } else if (each->type == GEN_IPADD) {
            const auto address = address_in(text_of(each->d.iPAddress));
            if (!address) return "has a subject alternative name that is no IP address";
            name = *address;
        }
        if (name.empty()) continue;
        if (into.first_name.empty()) into.first_name = name;
        if (each->type != GEN_URI) into.names.push_back(std::move(name));
    }
    return {};
}

config::parsed<key_kind> kind_of_ec(const EVP_PKEY* key) {
    std::array<char, 80> group{};
    std::size_t size = 0;
    EVP_PKEY_get_group_name(key, group.data(), group.size(), &size);
    const std::string_view name(group.data(), size);
    if (name == "prime256v1" || name == "P-256" || name == "secp384r1" || name == "P-384" ||
        name == "secp521r1" || name == "P-521")
        return key_kind::ecdsa;
    return config::refusal{"has an ECDSA key on the curve " + (name.empty() ? "(none)" : std::string(name)) +
                           ": use P-256, P-384 or P-521"};
}

}  // namespace

std::string_view text_of(const ASN1_STRING* string) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
            static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::optional<std::chrono::sys_seconds> time_of(const ASN1_TIME* when) {
    std::tm parts{};
    if (when == nullptr || ASN1_TIME_to_tm(when, &parts) != 1) return std::nullopt;
    return core::to_seconds({.year = parts.tm_year + 1900,
                             .month = parts.tm_mon + 1,
                             .day = parts.tm_mday,
                             .hour = parts.tm_hour,
                             .minute = parts.tm_min,
                             .second = parts.tm_sec});
}

std::string sha256_of(const X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
    unsigned size = 0;
    if (X509_digest(certificate, EVP_sha256(), bytes.data(), &size) != 1) return {};
    std::string out(2 * static_cast<std::size_t>(size), '\0');
    core::write_hex(std::span(bytes).first(size), out.data());
    return out;
}

std::string read_facts(X509* of, tls_certificate& into) {
    if (auto bad = read_names(of, into); !bad.empty()) return bad;
    const auto before = time_of(X509_get0_notBefore(of));
    const auto after = time_of(X509_get0_notAfter(of));
    if (!before || !after) return "has a date that cannot be read";
    into.not_before = *before;
    into.not_after = *after;
    into.sha256 = sha256_of(of);
    return {};
}

config::parsed<key_kind> kind_of(const EVP_PKEY* key) {
    constexpr int least_rsa_bits = 2048;
    switch (EVP_PKEY_get_base_id(key)) {
        case EVP_PKEY_EC: return kind_of_ec(key);
        case EVP_PKEY_ED25519: return key_kind::ed25519;
        case EVP_PKEY_RSA:
        case EVP_PKEY_RSA_PSS:
            if (EVP_PKEY_get_bits(key) >= least_rsa_bits) return key_kind::rsa;
            return config::refusal{"has an RSA key of " + std::to_string(EVP_PKEY_get_bits(key)) +
                                   " bits: at least 2048 are needed"};
        default: break;
    }
    const char* const name = EVP_PKEY_get0_type_name(key);
    return config::refusal{"has a key of a kind that cannot be used (" +
                           std::string(name != nullptr ? name : "unknown") + "): use ECDSA, RSA or Ed25519"};
}

}  // namespace gate::net
