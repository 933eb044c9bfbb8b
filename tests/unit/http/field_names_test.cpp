#include "field_names.hpp"

#include "parsed.hpp"

using namespace gate::http;

TEST_CASE("every known field is recognised in any case, and no near miss is") {
    const struct {
        std::string name;
        field_id id;
    } table[] = {
        {"host", field_id::host},
        {"connection", field_id::connection},
        {"content-length", field_id::content_length},
        {"transfer-encoding", field_id::transfer_encoding},
        {"te", field_id::te},
        {"trailer", field_id::trailer},
        {"upgrade", field_id::upgrade},
        {"keep-alive", field_id::keep_alive},
        {"proxy-connection", field_id::proxy_connection},
        {"proxy-authenticate", field_id::proxy_authenticate},
        {"proxy-authorization", field_id::proxy_authorization},
        {"http2-settings", field_id::http2_settings},
        {"authorization", field_id::authorization},
        {"expect", field_id::expect},
        {"user-agent", field_id::user_agent},
        {"x-request-id", field_id::x_request_id},
        {"x-forwarded-for", field_id::x_forwarded_for},
        {"x-forwarded-proto", field_id::x_forwarded_proto},
        {"x-forwarded-host", field_id::x_forwarded_host},
        {"forwarded", field_id::forwarded},
        {"x-real-ip", field_id::x_real_ip},
        {"traceparent", field_id::traceparent},
        {"www-authenticate", field_id::www_authenticate},
        {"Date", field_id::date},
    };
    const identity_names identity;
    for (const auto& row : table) {
        INFO(row.name);
        std::string upper = row.name;
        for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        CHECK(classify_request_field(row.name, identity) == row.id);
        CHECK(classify_request_field(upper, identity) == row.id);
        CHECK(classify_field(upper) == row.id);
        for (std::size_t at = 0; at < row.name.size(); ++at) {
            std::string miss = row.name;
            miss[at] = '!';
            INFO(miss);
            CHECK(classify_field(miss) == field_id::other);
            CHECK(classify_request_field(miss, identity) != row.id);
        }
        CHECK(classify_field(row.name + "a") == field_id::other);
        CHECK(classify_field("a" + row.name) == field_id::other);
    }
}

TEST_CASE("rule 1: the identity is recognised in every spelling that folds to it") {
    const identity_names identity("X-Account");
    for (const std::string name :
         {"X-Gate-Account-Id", "x-gate-account-id", "X_Gate_Account_Id", "x.gate.account.id",
          "X-GATE-ACCOUNT-ID", "X Gate Account Id", "X-Gate-Scopes", "x_gate-", "X-Gate-Verification",
          "x~gate~admin", "X-Account", "x_account", "X.ACCOUNT", "x account"}) {
        INFO(name);
        CHECK(identity.matches(name));
    }
    for (const std::string name : {"X-Gate", "XGate-Account-Id", "Gate-Account-Id", "X-Gateway", "X-Accounts",
                                   "Xaccount", "Y-Gate-Account-Id", "X"}) {
        INFO(name);
        CHECK_FALSE(identity.matches(name));
    }
}

TEST_CASE("rule 2: without a configured name the family is still ours") {
    CHECK(identity_names().matches("x_gate_account_id"));
    CHECK(identity_names("X-Gate-Account-Id").matches("X-Gate-Other"));
    CHECK_FALSE(identity_names().matches("Host"));
}

TEST_CASE("a configured name outside of the family is ours before it is anything else") {
    const identity_names identity("X-Forwarded-User");
    CHECK(classify_request_field("x_forwarded_user", identity) == field_id::identity);
    CHECK(classify_request_field("X-Gate-Account-Id", identity) == field_id::identity);
}

TEST_CASE("rule 7: odd spellings of forwarding fields are dropped, and never read") {
    const identity_names identity;
    for (const std::string name :
         {"X_Forwarded_For", "x.forwarded.proto", "X-Forwarded_Host", "X_Real_IP", "X_Request_Id",
          "X-Forwarded-Prefix", "X-Forwarded-Port", "X-Forwarded-Client-Cert"}) {
        INFO(name);
        CHECK(classify_request_field(name, identity) == field_id::x_forwarded_other);
    }
}

TEST_CASE("names compare without case") {
    CHECK(iequals("Chunked", "cHUNKED"));
    CHECK_FALSE(iequals("chunked", "chunkee"));
    CHECK_FALSE(iequals("chunked", "chunke"));
    CHECK(iequals("", ""));
    CHECK_FALSE(iequals("@", "`"));
}
