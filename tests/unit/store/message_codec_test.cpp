#include <gate/store/message_codec.hpp>

#include <catch.hpp>

namespace {

using namespace gate;
using namespace gate::store;
using auth::fleet_kind;
using auth::fleet_message;
using std::chrono::microseconds;

constexpr auth::store_time now{microseconds(1'800'000'000'123'456)};

auth::token_id some_token() {
    auth::token_id out;
    std::string_view("AAAAbbbb0000----____zz").copy(out.text.data(), out.text.size());
    return out;
}

fleet_message accepted() {
    fleet_message out;
    out.at = now;
    out.token = some_token();
    out.account = "gacct_0123456789ABCDEFGHIJKLMNOP";
    out.life = std::chrono::seconds(60);
    out.verified_at = std::chrono::system_clock::time_point(microseconds(1'800'000'000'000'001));
    out.limit = 600;
    out.remaining = 599;
    out.request_id = "req_0123456789abcdef0123456789abcdef";
    out.keys = {{1, 2, 3, 4, 5, 6, 7, 8}, {9, 9, 9, 9, 9, 9, 9, 9}};
    return out;
}

std::vector<fleet_message> one_of_each() {
    std::vector<fleet_message> out{accepted()};
    auto refused = accepted();
    refused.refused_for = core::reason::token_invalid;
    refused.account.clear();
    refused.limit.reset();
    out.push_back(refused);
    fleet_message other;
    other.at = now;
    other.kind = fleet_kind::key_refused;
    out.push_back(other);
    other.kind = fleet_kind::purge;
    out.push_back(other);
    other.fingerprint = "0123456789ab";
    out.push_back(other);
    other.fingerprint.clear();
    other.token = some_token();
    other.kind = fleet_kind::failure;
    other.refused_for = core::reason::gate_timeout;
    out.push_back(other);
    other.refused_for = core::reason::none;
    other.kind = fleet_kind::release;
    out.push_back(other);
    other.kind = fleet_kind::revocation;
    other.until = now + std::chrono::minutes(2);
    out.push_back(other);
    other.token.reset();
    other.kind = fleet_kind::pause;
    out.push_back(other);
    other.kind = fleet_kind::block;
    other.account = "gacct_1";
    out.push_back(other);
    other.until = now;
    out.push_back(other);
    other.kind = fleet_kind::purge;
    other.until = {};
    out.push_back(other);
    return out;
}

TEST_CASE("a message is read as it was written") {
    for (const auto& each : one_of_each()) {
        INFO(static_cast<int>(each.kind));
        const auto text = write(each);
        CHECK(text.size() <= longest_message);
        CHECK(read_message(text) == each);
    }
}

TEST_CASE("a refusal of Gate's travels as the reason that it is, however many there will be") {
    for (std::size_t i = 0; i < core::reason_count; ++i) {
        const auto& row = core::row_of(static_cast<core::reason>(i));
        if (row.call != core::gate_call::answered || row.verdict != core::verdict::deny) continue;
        auto refused = accepted();
        refused.account.clear();
        refused.refused_for = row.reason;
        INFO(row.code);
        const auto read = read_message(write(refused));
        REQUIRE(read);
        CHECK(read->refused_for == row.reason);
    }
}

TEST_CASE("an accepted verdict takes no more of the log than it may") {
    CHECK(write(accepted()).size() <= 250);
}

TEST_CASE("a field that a newer replica adds is skipped") {
    CHECK(read_message(write(accepted()) + std::string("\x20\x00\x03new", 6)) == accepted());
}

TEST_CASE("a message of a newer kind is none") {
    auto text = write(accepted());
    REQUIRE(text[3] == 1);
    text[3] = 9;
    CHECK_FALSE(read_message(text));
}

TEST_CASE("what is cut is no message, wherever it is cut") {
    for (const auto& each : one_of_each()) {
        const auto text = write(each);
        for (std::size_t size = 0; size < text.size(); ++size) {
            const auto got = read_message(std::string_view(text).substr(0, size));
            INFO(size);
            CHECK((!got || *got != each));
        }
    }
}

TEST_CASE("a field that occurs twice makes it no message") {
    const auto text = write(accepted());
    CHECK_FALSE(read_message(text + text.substr(0, 4)));
}

TEST_CASE("a verdict needs its token, its time and a word of Gate") {
    const auto whole = accepted();
    auto message = whole;
    message.token.reset();
    CHECK_FALSE(read_message(write(message)));
    message = whole;
    message.account.clear();
    CHECK_FALSE(read_message(write(message)));
    message = whole;
    message.account = "two words";
    CHECK_FALSE(read_message(write(message)));
    message.account = "a\r\nX: y";
    CHECK_FALSE(read_message(write(message)));
    message.account = std::string(257, 'a');
    CHECK_FALSE(read_message(write(message)));
    message = whole;
    message.token->text[3] = '\n';
    CHECK_FALSE(read_message(write(message)));
    message = whole;
    message.request_id = "req_1\n";
    CHECK_FALSE(read_message(write(message)));
    message = whole;
    message.keys.resize(most_keys + 1);
    CHECK_FALSE(read_message(write(message)));
}

TEST_CASE("times beyond all reason are none") {
    auto message = accepted();
    message.at = auth::store_time(microseconds((1LL << 52) + 1));
    CHECK_FALSE(read_message(write(message)));
    message = accepted();
    message.life = microseconds((1LL << 52) + 1);
    CHECK_FALSE(read_message(write(message)));
}

TEST_CASE("a revocation and a pause end after they begin") {
    fleet_message message;
    message.at = message.until = now;
    message.token = some_token();
    message.kind = fleet_kind::revocation;
    CHECK_FALSE(read_message(write(message)));
    message.kind = fleet_kind::pause;
    CHECK_FALSE(read_message(write(message)));
}

TEST_CASE("a purge is about a token, an account or all") {
    fleet_message message;
    message.kind = fleet_kind::purge;
    message.at = now;
    message.fingerprint = "0123456789ab";
    message.account = "gacct_1";
    CHECK_FALSE(read_message(write(message)));
    message.account.clear();
    message.fingerprint = "0123456789AB";
    CHECK_FALSE(read_message(write(message)));
    message.fingerprint.clear();
    message.token = some_token();
    CHECK_FALSE(read_message(write(message)));
}

}  // namespace
