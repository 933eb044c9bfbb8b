#pragma once
// How the operating listeners read a request: strictly, because what cannot be read in one way only is
// refused. Pure.

#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/wiping_allocator.hpp>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gate::app {

// Requests may show the admin token and agent tokens: what they were read into is overwritten (rule 25).
using operator_memory = core::wiping_allocator<char>;
using operator_body = boost::beast::http::basic_string_body<char, std::char_traits<char>, operator_memory>;
using operator_parser = boost::beast::http::request_parser<operator_body, operator_memory>;
using operator_buffer = boost::beast::basic_flat_buffer<operator_memory>;
using operator_head = operator_parser::value_type;

inline std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

bool is_well_addressed(const operator_head& head);
bool is_well_framed(const operator_head& head);

// Whether the Host of the request, and the authority in its target, are addresses, localhost, or among
// `names`. A request that names no host (HTTP/1.0) does not come from a browser.
bool is_meant_for(const std::vector<std::string>& names, const operator_head& head);

// The same for one host with or without a port.
bool is_host_of_ours(const std::vector<std::string>& names, std::string_view host);

// Whether a browser sends the request for a page from elsewhere, as far as it tells: by Sec-Fetch-Site
// (Fetch Metadata), where a page of another port of this host is elsewhere too, or by an Origin that is not
// the Host.
bool comes_from_elsewhere(const operator_head& head);

// The path of a target in origin form, or in absolute form (RFC 9112 3.2.2), without its query.
std::string_view path_of(std::string_view target);

// Why a request could not be read, or a status of 0: the client has gone.
unsigned status_of(const core::error_code& ec);

}  // namespace gate::app
