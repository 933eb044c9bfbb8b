#pragma once
// Rules for single text values. Each returns the problem as a sentence without the option's name, or "" when
// the text is acceptable. Pure.

#include <gate/config/config.hpp>

#include <string>
#include <string_view>

namespace gate::config {

// A path of RFC 3986, 3.3 in one spelling only: begins with '/', no query, no fragment, no dot segments, no
// "//", no ';', no backslash, and no escape that servers read differently (http::find_ambiguous_piece).
std::string check_path(std::string_view path);

// The same, but `path` may be empty or end with "/", and ';' and encoded characters pass:
// nothing is decided by it.
std::string check_base_path(std::string_view path);

// A field name (RFC 9110, 5.1) that no receiver can take for a field with a meaning of its own
// (http::is_reserved_name).
std::string check_header_name(std::string_view name);

// The name of a field that is removed unless it may pass (http::rerouting_names).
std::string check_passed_name(std::string_view name);

// The name of a host, without a port, and not an address.
std::string check_host_name(std::string_view name);

// The name of a TLS server, or "": a host name, or an IP address without brackets.
std::string check_server_name(std::string_view name);

// The address of a fleet's store (store_url.hpp), or "".
std::string check_store_address(std::string_view url);

// The name of a user at the store, or "": visible ASCII.
std::string check_store_user(std::string_view name);

// The name of an entry of `upstreams` or `routes`: as metrics and logs show it.
std::string check_entry_name(std::string_view name);

// Of an entry of `listeners`: [a-z0-9-]{1,32}, and none of those that have sections of their own.
std::string check_listener_name(std::string_view name);

// A request method that a route may list: upper case, and one that requests can have.
std::string check_method(std::string_view method);

// The name of a JSON member.
std::string check_member_name(std::string_view name);

// The path of a file, or "" for none: UTF-8 without control characters, and not the secret itself.
std::string check_file_name(std::string_view path);

// Ciphers or groups, or "": visible ASCII. OpenSSL judges what they mean.
std::string check_openssl_list(std::string_view list);

// Without a path.
std::string check_upstream_url(const url& target);

// https anywhere, http for the loopback only.
std::string check_gate_url(const url& base);

// Valid UTF-8 without control characters (tab, line feed and carriage return pass if `lines`). The index of
// the first offending byte, or npos.
std::size_t find_bad_byte(std::string_view text, bool lines);

}  // namespace gate::config
