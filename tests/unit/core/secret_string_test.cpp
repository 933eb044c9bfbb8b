#include <gate/core/secret_string.hpp>

#include <catch.hpp>
#include <ostream>

using gate::core::secret_string;

namespace {
template <class T>
concept printable = requires(std::ostream& out, const T& value) {
    out << value;
};
}  // namespace

TEST_CASE("a secret cannot be printed by accident") {
    STATIC_REQUIRE_FALSE(printable<secret_string>);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<secret_string, std::string>);
}

TEST_CASE("a secret is revealed only on request and survives copies and moves") {
    secret_string a("sk_test_0123456789abcdef");
    secret_string b = a;
    CHECK(b.reveal() == "sk_test_0123456789abcdef");
    secret_string c = std::move(a);
    CHECK(c == b);
    b = secret_string("other");
    CHECK_FALSE(c == b);
    CHECK(secret_string().empty());
}
