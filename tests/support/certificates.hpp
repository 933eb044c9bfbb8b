#pragma once
// Certificates made for one test run.

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

struct certificate {
    std::string pem;
    std::string key_pem;
};

// A CA named `name`.
certificate make_ca(const std::string& name);

// Signed by `ca`, for the alternative name `san` ("DNS:localhost", "IP:127.0.0.1"); valid from an hour ago
// until `seconds_left` from now.
certificate make_certificate(const certificate& ca, const std::string& san, long seconds_left = 3600);

// Signed by `ca`.
struct certificate_wish {
    std::string san{};          // as above
    std::string dns{};          // in place of `san`: a name with any bytes in it
    std::string key = "P-256";  // as below
    std::string common_name = "gate under test";
    bool is_ca = false;
    long seconds_left = 3600;
};
certificate make_certificate(const certificate& ca, const certificate_wish& wish);

// Signed by its own key, a new one of `kind`: "P-256", "secp256k1", "RSA-1024", "RSA-2048", "ED25519",
// "ED448". `sans` as OpenSSL writes them, "": none.
certificate make_self_signed(const std::string& kind, const std::string& sans, long seconds_left = 3600);

// The key with a pass phrase on it.
std::string encrypted(const std::string& key_pem);

// The certificate without PEM around it.
std::string der_of(const certificate& from);

std::shared_ptr<boost::asio::ssl::context> server_context(const certificate& own);

// A file that is removed again.
class temporary_file {
public:
    explicit temporary_file(const std::string& content);
    ~temporary_file();
    temporary_file(const temporary_file&) = delete;
    temporary_file& operator=(const temporary_file&) = delete;
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};
