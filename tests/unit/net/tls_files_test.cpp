// What the files of a TLS configuration may hold, and how what is wrong with them is told.
#include <gate/net/tls_files.hpp>

#include <catch.hpp>
#include <certificates.hpp>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>

using namespace gate::net;

namespace {

class directory {
public:
    directory() {
        std::string pattern = "/tmp/gate-tls-XXXXXX";
        path_ = ::mkdtemp(pattern.data());
    }
    ~directory() { std::filesystem::remove_all(path_); }
    directory(const directory&) = delete;
    directory& operator=(const directory&) = delete;

    std::string path(const std::string& name) const { return path_ + "/" + name; }
    std::string write(const std::string& name, const std::string& content) const {
        std::ofstream(path(name), std::ios::binary) << content;
        return path(name);
    }

private:
    std::string path_;
};

// The problem of the pair, with the files' names shortened to "cert" and "key"; "": it is good.
std::string problem_of(const directory& in, const std::string& cert, const std::string& key) {
    const auto got = read_certificate({in.write("cert", cert), in.write("key", key)});
    if (got) return {};
    auto out = got.error();
    for (auto at = out.find(in.path("")); at != std::string::npos; at = out.find(in.path("")))
        out.erase(at, in.path("").size());
    return out;
}

std::string ticket_line(char fill) {
    // 80 equal bytes: 'AAAA' for zeros.
    std::string out;
    for (int i = 0; i < 26; ++i) out += fill == '0' ? "AAAA" : "////";
    return out + (fill == '0' ? "AAA=" : "//8=");
}

}  // namespace

TEST_CASE("a pair is read with its names, dates, kind of key and digest") {
    const directory in;
    const auto own = make_self_signed(
        "P-256", "DNS:API.example.com,DNS:*.example.com,IP:127.0.0.1,IP:::1,URI:spiffe://a/b");
    const auto got = read_certificate({in.write("cert", own.pem), in.write("key", own.key_pem)});
    INFO((got ? "" : got.error()));
    REQUIRE(got);
    CHECK(got->names == std::vector<std::string>{"api.example.com", "*.example.com", "127.0.0.1", "::1"});
    CHECK(got->first_name == "api.example.com");
    CHECK(got->kind == key_kind::ecdsa);
    CHECK(got->sha256.size() == 64);
    CHECK(*read_certificate_digest(in.path("cert")) == got->sha256);
    CHECK(read_certificate_digest(in.path("key")).error() ==
          in.path("key") + ": holds a private key, but no certificate");
    CHECK(got->chain_pem == own.pem);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    CHECK(got->is_in_date(now));
    CHECK_FALSE(got->is_in_date(now + std::chrono::hours(2)));
    CHECK_FALSE(got->is_in_date(now - std::chrono::hours(2)));
}

TEST_CASE("a certificate without a DNS name is called by its URI, and one without any by nothing") {
    const directory in;
    const auto uri = make_self_signed("P-256", "URI:spiffe://example.org/ns/x");
    const auto named = read_certificate({in.write("c", uri.pem), in.write("k", uri.key_pem)});
    REQUIRE(named);
    CHECK(named->names.empty());
    CHECK(named->first_name == "spiffe://example.org/ns/x");
    const auto none = make_self_signed("P-256", "");
    const auto nameless = read_certificate({in.write("c", none.pem), in.write("k", none.key_pem)});
    REQUIRE(nameless);
    CHECK(nameless->first_name.empty());
}

TEST_CASE("these kinds of keys are good") {
    const auto [kind, expected] = GENERATE(table<std::string, std::string>(
        {{"P-256", "ecdsa"}, {"P-384", "ecdsa"}, {"RSA-2048", "rsa"}, {"ED25519", "ed25519"}}));
    const directory in;
    const auto own = make_self_signed(kind, "DNS:a");
    const auto got = read_certificate({in.write("c", own.pem), in.write("k", own.key_pem)});
    INFO(kind);
    REQUIRE(got);
    CHECK(to_string(got->kind) == expected);
}

TEST_CASE("a date after the year 2262 is read") {
    const directory in;
    const auto own = make_self_signed("P-256", "DNS:a", 300L * 366 * 24 * 3600);
    const auto got = read_certificate({in.write("c", own.pem), in.write("k", own.key_pem)});
    REQUIRE(got);
    CHECK(got->not_after > std::chrono::sys_days(std::chrono::year(2300) / 1 / 1));
}

TEST_CASE("a chain and a key may stand in one file, and what is kept of the chain has no key") {
    const directory in;
    const auto ca = make_ca("authority");
    const auto own = make_certificate(ca, "DNS:a");
    const auto file = in.write("both", own.key_pem + own.pem + ca.pem);
    const auto got = read_certificate({file, file});
    REQUIRE(got);
    CHECK(got->chain_pem == own.pem + ca.pem);
    CHECK(got->chain_pem.find("PRIVATE KEY") == std::string::npos);
}

TEST_CASE("what is wrong with a pair is told with the name of the file, and never waits") {
    const directory in;
    const auto ca = make_ca("authority");
    const auto own = make_certificate(ca, "DNS:a");
    const auto other = make_certificate(ca, "DNS:b");
    const auto cut = own.pem.substr(0, own.pem.size() / 2);
    auto damaged = own.pem;
    damaged[200] = damaged[200] == 'A' ? 'B' : 'A';
    auto no_base64 = own.pem;
    no_base64[100] = '!';
    std::string many;
    for (int i = 0; i < 21; ++i) many += own.pem;
    const auto weak = make_self_signed("RSA-1024", "DNS:a");
    const auto koblitz = make_self_signed("secp256k1", "DNS:a");
    const auto ed448 = make_self_signed("ED448", "DNS:a");
    const auto control = make_self_signed("P-256", "DNS:a\tb");

    const std::string empty_cert = problem_of(in, "", own.key_pem);
    CHECK(empty_cert == "cert: is empty");
    CHECK(problem_of(in, own.pem, "") == "key: is empty");
    CHECK(problem_of(in, "hello", own.key_pem) ==
          "cert: holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
    CHECK(problem_of(in, own.pem, "hello") ==
          "key: holds no private key in PEM (-----BEGIN PRIVATE KEY-----)");
    CHECK(problem_of(in, own.key_pem, own.key_pem) == "cert: holds a private key, but no certificate");
    CHECK(problem_of(in, own.pem, own.pem) == "key: holds a certificate, but no private key");
    CHECK(problem_of(in, der_of(own), own.key_pem) ==
          "cert: is not PEM: convert it with 'openssl x509 -inform DER -in OLD -out NEW'");
    CHECK(problem_of(in, own.pem, der_of(own)) ==
          "key: is not PEM: convert it with 'openssl pkey -inform DER -in OLD -out NEW'");
    CHECK(problem_of(in, "-----BEGIN CERTIFICATE REQUEST-----\nMA==\n-----END CERTIFICATE REQUEST-----\n",
                     own.key_pem) == "cert: holds a request for a certificate, but no certificate");
    CHECK(problem_of(in, cut, own.key_pem)
              .starts_with("cert: has a certificate that cannot be read (number 1): "));
    CHECK(problem_of(in, no_base64, own.key_pem)
              .starts_with("cert: has a certificate that cannot be read (number 1): "));
    CHECK(problem_of(in, own.pem + cut, own.key_pem)
              .starts_with("cert: has a certificate that cannot be read (number 2): "));
    CHECK_FALSE(problem_of(in, damaged, own.key_pem).empty());
    CHECK(problem_of(in, many, own.key_pem) == "cert: has more than 20 certificates");
    CHECK(problem_of(in, own.pem, other.key_pem) == "key: is not the key of the certificate in cert");
    CHECK(
        problem_of(in, ca.pem + own.pem, own.key_pem) ==
        "cert: its first certificate is not that of the key, but number 2 is: the chain must begin with it");
    CHECK(
        problem_of(in, own.pem, encrypted(own.key_pem)) ==
        "key: has a pass phrase, which nobody could type in: remove it with 'openssl pkey -in KEY -out NEW'");
    CHECK(problem_of(in, own.pem, own.key_pem.substr(0, 100))
              .starts_with("key: holds a private key that cannot be read: "));
    CHECK(problem_of(in, weak.pem, weak.key_pem) ==
          "key: has an RSA key of 1024 bits: at least 2048 are needed");
    CHECK(problem_of(in, koblitz.pem, koblitz.key_pem) ==
          "key: has an ECDSA key on the curve secp256k1: use P-256, P-384 or P-521");
    CHECK(problem_of(in, ed448.pem, ed448.key_pem) ==
          "key: has a key of a kind that cannot be used (ED448): use ECDSA, RSA or Ed25519");
    CHECK(problem_of(in, control.pem, control.key_pem) ==
          "cert: has a subject alternative name with a byte that no name may have");
    CHECK(problem_of(in, std::string(most_chain_bytes + 1, 'x'), own.key_pem) ==
          "cert: is larger than 256KiB");
    CHECK(problem_of(in, own.pem, std::string(most_key_bytes + 1, 'x')) == "key: is larger than 64KiB");
    CHECK(problem_of(in, std::string("\0\xff\x01", 3), own.key_pem) ==
          "cert: holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
    CHECK(problem_of(in, own.pem, own.key_pem).empty());
}

TEST_CASE("a file that is none, or that nobody writes to, is told immediately") {
    const directory in;
    const auto own = make_self_signed("P-256", "DNS:a");
    const auto good = in.write("key", own.key_pem);
    const auto error_of = [&](const std::string& path) {
        const auto got = read_certificate({path, good});
        return got ? "" : got.error();
    };
    CHECK(error_of(in.path("none")) == in.path("none") + ": cannot be read: No such file or directory");
    CHECK(error_of(in.path("")) == in.path("") + ": is a directory");
    REQUIRE(::mkfifo(in.path("pipe").c_str(), 0600) == 0);
    CHECK(error_of(in.path("pipe")) == in.path("pipe") + ": is not a regular file");
    CHECK(error_of("/dev/zero") == "/dev/zero: is not a regular file");
}

TEST_CASE("a bundle of authorities holds one at least, and each can be read") {
    const directory in;
    const auto one = make_ca("one"), two = make_ca("two");
    const auto got = read_authorities(in.write("ca", "# comment\n" + one.pem + two.pem));
    REQUIRE(got);
    CHECK(*got == one.pem + two.pem);
    CHECK(read_authorities(in.write("ca", "")).error() == in.path("ca") + ": is empty");
    CHECK(read_authorities(in.write("ca", one.key_pem)).error() ==
          in.path("ca") + ": holds a private key, but no certificate");
    CHECK(read_authorities(in.write("ca", one.pem + two.pem.substr(0, 80)))
              .error()
              .starts_with(in.path("ca") + ": has a certificate that cannot be read (number 2): "));
    CHECK(read_authorities(in.path("none")).error() ==
          in.path("none") + ": cannot be read: No such file or directory");
}

TEST_CASE("a file of ticket keys has one to three lines of base64 of 80 bytes") {
    const directory in;
    const auto error_of = [&](const std::string& text) {
        const auto got = read_ticket_keys(in.write("tickets", text));
        return got ? "" : got.error().substr(in.path("tickets: ").size());
    };
    const std::string not_80 =
        "is not base64 of 80 bytes: 'openssl rand -base64 80 | tr -d \"\\n\"' makes a key";
    const auto zeros = ticket_line('0'), ones = ticket_line('1');
    const auto got = read_ticket_keys(in.write("tickets", ones + "\r\n\n" + zeros + "\n"));
    REQUIRE(got);
    REQUIRE(got->size() == 2);
    CHECK(got->front().reveal() == std::string(80, '\xff'));
    CHECK(got->back().reveal() == std::string(80, '\0'));
    CHECK(error_of(zeros).empty());
    CHECK(error_of(zeros + "\n" + ones + "\n" + zeros + "\n").empty());
    CHECK(error_of(zeros + "\n" + zeros + "\n" + zeros + "\n" + zeros) == "has more than three keys");
    CHECK(error_of("") == "is empty");
    CHECK(error_of("\n\n") == "is empty");
    CHECK(error_of("hello") == "line 1 " + not_80);
    CHECK(error_of(zeros + "\n" + zeros.substr(4)) == "line 2 " + not_80);
    CHECK(error_of(zeros + zeros) == "line 1 " + not_80);
    CHECK(error_of(zeros.substr(0, 107) + "A") == "line 1 " + not_80);
    CHECK(error_of(zeros.substr(0, 106) + "==") == "line 1 " + not_80);
    CHECK(error_of("!" + zeros.substr(1)) == "line 1 " + not_80);
    CHECK(error_of(std::string(5000, 'A')) == "is larger than 4KiB");
}

TEST_CASE("every item of a list of ciphers and groups is one that OpenSSL knows") {
    CHECK(check_ciphers("").empty());
    CHECK(check_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256").empty());
    CHECK(check_ciphers("HIGH:!aNULL:!eNULL").empty());
    CHECK(check_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-SECRET") ==
          "'ECDHE-SECRET' is no cipher of TLS 1.2 that OpenSSL knows");
    CHECK(check_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256:!NOTHING") ==
          "'!NOTHING' is no cipher of TLS 1.2 that OpenSSL knows");
    CHECK(check_ciphers("AES128-SHA:!AES128-SHA") == "leaves no cipher of TLS 1.2");
    CHECK(check_ciphers("TLS_AES_128_GCM_SHA256") ==
          "'TLS_AES_128_GCM_SHA256' is no cipher of TLS 1.2 that OpenSSL knows");
    CHECK(check_ciphers("NULL-SHA256").find("does not protect") != std::string::npos);
    CHECK(check_groups("").empty());
    CHECK(check_groups("X25519:P-256").empty());
    CHECK(check_groups("X25519:P-999") == "'X25519:P-999' has a group that OpenSSL does not know");
}

TEST_CASE("what is wrong with the files of a listener is told with its key, all of it") {
    const directory in;
    const auto own = make_self_signed("P-256", "DNS:a");
    gate::config::listener_tls_options options;
    options.certificates = {{in.write("c", own.pem), in.write("k", own.key_pem)},
                            {in.path("no"), in.path("k")}};
    options.ciphers = "NONE-SUCH";
    options.client_ca_file = in.path("ca");
    options.ticket_key_file = in.path("tickets");
    std::vector<tls_problem> problems;
    CHECK(read_server_material(options, problems) == nullptr);
    std::string keys;
    for (const auto& each : problems) keys += each.key + ' ';
    CHECK(keys == "certificates[1] ciphers client_ca_file ticket_key_file ");

    problems.clear();
    options = {};
    options.certificates = {{in.path("c"), in.path("k")}};
    options.strict_sni = true;
    options.min_version = gate::config::tls_version::tls13;
    const auto got = read_server_material(options, problems);
    REQUIRE(got);
    CHECK(problems.empty());
    CHECK(got->certificates.size() == 1);
    CHECK(got->strict_sni);
    CHECK(got->min_version == gate::config::tls_version::tls13);
    CHECK(*got == *read_server_material(options, problems));
}

TEST_CASE("an upstream's files are its authorities and a pair, and both may be absent") {
    const directory in;
    std::vector<tls_problem> problems;
    const auto none = read_client_material({}, problems);
    REQUIRE(none);
    CHECK(none->ca_pem.empty());
    CHECK_FALSE(none->own);
    gate::config::upstream_tls_options options;
    options.client_cert_file = in.path("c");
    options.client_key_file = in.path("k");
    CHECK(read_client_material(options, problems) == nullptr);
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].key == "client_cert_file");
}
