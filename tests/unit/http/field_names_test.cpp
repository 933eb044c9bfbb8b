#include "field_names.hpp"

#include "parsed.hpp"
#include "watched_names.hpp"

#include <gate/http/reserved_names.hpp>

#include <algorithm>

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

TEST_CASE(
    "rule 7: what moves a request, or names the client's address, is known, and so are its lookalikes") {
    const identity_names identity;
    const struct {
        std::string name;
        field_id id, lookalike;
    } table[] = {
        {"X-Original-URL", field_id::rerouting, field_id::rerouting},
        {"X-Original-URI", field_id::rerouting, field_id::rerouting},
        {"X-Rewrite-URL", field_id::rerouting, field_id::rerouting},
        {"X-HTTP-Method-Override", field_id::rerouting, field_id::rerouting},
        {"X-HTTP-Method", field_id::rerouting, field_id::rerouting},
        {"X-Method-Override", field_id::rerouting, field_id::rerouting},
        {"True-Client-IP", field_id::client_ip, field_id::x_forwarded_other},
        {"CF-Connecting-IP", field_id::client_ip, field_id::x_forwarded_other},
        {"X-Client-IP", field_id::client_ip, field_id::x_forwarded_other},
        {"Client-IP", field_id::client_ip, field_id::x_forwarded_other},
        {"X-Cluster-Client-IP", field_id::client_ip, field_id::x_forwarded_other},
        {"X-Appengine-User-IP", field_id::client_ip, field_id::x_forwarded_other},
        {"X-Azure-ClientIP", field_id::client_ip, field_id::x_forwarded_other},
        {"X-Envoy-External-Address", field_id::client_ip, field_id::x_forwarded_other},
        {"X-Original-Forwarded-For", field_id::client_ip, field_id::x_forwarded_other},
        {"Fastly-Client-IP", field_id::client_ip, field_id::x_forwarded_other},
        {"Fly-Client-IP", field_id::client_ip, field_id::x_forwarded_other},
        {"DO-Connecting-IP", field_id::client_ip, field_id::x_forwarded_other},
        {"CF-Connecting-IPv6", field_id::client_ip, field_id::x_forwarded_other},
        {"CF-Pseudo-IPv4", field_id::client_ip, field_id::x_forwarded_other},
        {"Appengine-User-IP", field_id::client_ip, field_id::x_forwarded_other},
        {"X-Forwarded", field_id::client_ip, field_id::x_forwarded_other},
        {"Forwarded-For", field_id::client_ip, field_id::x_forwarded_other},
    };
    for (const auto& row : table) {
        INFO(row.name);
        std::string name = row.name;
        CHECK(classify_request_field(name, identity) == row.id);
        for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        CHECK(classify_request_field(name, identity) == row.id);
        for (const char separator : {'_', '.', '!'}) {
            std::string other = name;
            std::replace(other.begin(), other.end(), '-', separator);
            CHECK(classify_request_field(other, identity) == row.lookalike);
        }
        CHECK(classify_request_field(name + "s", identity) == field_id::other);
        CHECK(classify_request_field("Z" + name.substr(1), identity) == field_id::other);
        CHECK(classify_field(name) == field_id::other);  // of a response
    }
}

TEST_CASE("a watched name is classified as its row says") {
    for (const auto& each : watched_names()) {
        INFO(each.folded);
        std::string lookalike(each.folded);
        std::replace(lookalike.begin(), lookalike.end(), '-', '_');
        CHECK(classify_request_field(each.folded, identity_names()) == each.id);
        CHECK(classify_request_field(lookalike, identity_names()) == each.lookalike);
        CHECK(each.lookalike != field_id::other);
    }
}

TEST_CASE("every field that the proxy looks at has a reserved name, in any spelling") {
    for (std::string name : {"host",
                             "connection",
                             "content-length",
                             "transfer-encoding",
                             "te",
                             "trailer",
                             "upgrade",
                             "keep-alive",
                             "proxy-connection",
                             "proxy-authenticate",
                             "proxy-authorization",
                             "http2-settings",
                             "authorization",
                             "expect",
                             "user-agent",
                             "x-request-id",
                             "x-forwarded-for",
                             "x-forwarded-proto",
                             "x-forwarded-host",
                             "x-forwarded-prefix",
                             "forwarded",
                             "x-real-ip",
                             "traceparent",
                             "tracestate",
                             "www-authenticate",
                             "date",
                             "max-forwards",
                             "x-original-url",
                             "client-ip",
                             "x-gate-verification"}) {
        INFO(name);
        CHECK(is_reserved_name(name));
        std::replace(name.begin(), name.end(), '-', '!');
        CHECK(is_reserved_name(name));
        for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        CHECK(is_reserved_name(name));
        CHECK_FALSE(is_reserved_name(name + "s"));
    }
    for (const std::string name : {"X-Gate-Account-Id", "X-Account", "X-Forwarded-User", "account", "X"})
        CHECK_FALSE(is_reserved_name(name));
}
