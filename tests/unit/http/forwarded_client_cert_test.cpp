#include <gate/http/forwarded_client_cert.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using namespace gate::http;

namespace {

using texts = std::vector<std::string>;

std::string line_of(const texts& uris, const texts& dns_names) {
    return forwarded_client_cert_line("ab12", {uris, dns_names});
}

}  // namespace

TEST_CASE("the upstream is told the certificate's hash and each of its names") {
    CHECK(line_of({}, {}) == "X-Forwarded-Client-Cert: Hash=ab12\r\n");
    CHECK(line_of({"spiffe://a.test/ns/x", "urn:b"}, {"c.test", "d.test"}) ==
          "X-Forwarded-Client-Cert: Hash=ab12;URI=spiffe://a.test/ns/x;URI=urn:b;DNS=c.test;DNS=d.test\r\n");
}

TEST_CASE("what separates elements stands in quotes, and a quote is escaped") {
    const struct {
        std::string name, value;
    } table[] = {
        {"urn:a;DNS=admin", "\"urn:a;DNS=admin\""},
        {"urn:a,Hash=00", "\"urn:a,Hash=00\""},
        {"urn:a=b", "\"urn:a=b\""},
        {"urn:a b", "\"urn:a b\""},
        {"urn:a\"b", "\"urn:a\\\"b\""},
        {"urn:a\";URI=urn:admin", "\"urn:a\\\";URI=urn:admin\""},
    };
    for (const auto& row : table) {
        INFO(row.name);
        CHECK(line_of({row.name}, {}) == "X-Forwarded-Client-Cert: Hash=ab12;URI=" + row.value + "\r\n");
        CHECK(line_of({}, {row.name}) == "X-Forwarded-Client-Cert: Hash=ab12;DNS=" + row.value + "\r\n");
    }
}

TEST_CASE("a name that cannot be quoted is left out") {
    for (const std::string& name :
         texts{"", "a\\", "a\\\"b", std::string("a\0b", 3), "a\r\nX: y", "a\tb", "a\x7f", "b\xc3\xbc"}) {
        INFO(name);
        CHECK(line_of({name, "urn:b"}, {name}) == "X-Forwarded-Client-Cert: Hash=ab12;URI=urn:b\r\n");
    }
}

TEST_CASE("the field stays short, whatever a certificate names") {
    const auto line = line_of(texts(100, "urn:" + std::string(96, 'a')), texts(10'000, "b.test"));
    CHECK(line.size() <= 4096 + 2);
    CHECK(line.size() > 3900);
    CHECK(line.find(";DNS=b.test") != line.npos);
    CHECK(line.ends_with("\r\n"));
    CHECK(line_of({std::string(5000, 'a')}, {"b.test"}) ==
          "X-Forwarded-Client-Cert: Hash=ab12;DNS=b.test\r\n");
}
