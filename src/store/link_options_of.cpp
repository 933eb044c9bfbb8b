#include "link_options_of.hpp"

#include <gate/net/tls_context.hpp>
#include <gate/store/log_replies.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace gate::store {
namespace {

// What a listpack of blocks, or an answer to XREAD, may hold.
constexpr reply_limits limits{
    .text = 4'096, .list = 8'192, .inner_list = most_entries, .deep_list = 8, .reply = 8 << 20U};

// An answer to XREAD that is full of what is none of ours must be read past: the next one begins with it.
constexpr std::size_t item = 64;
constexpr std::size_t largest_entry = 4 * item + limits.deep_list * (limits.text + item);
static_assert(limits.inner_list * largest_entry < limits.reply);

}  // namespace

link_options link_options_of(const fleet_log_options& from) {
    link_options out;
    out.as = from.user;
    out.database = from.url.database;
    out.limits = limits;
    if (!from.url.tls) return out;
    std::string why_not;
    out.tls.material = from.tls ? from.tls : std::make_shared<const net::client_tls_material>();
    out.tls.server_name = from.tls_server_name;
    auto made = net::make_client_tls(out.tls.material, why_not);
    if (!made) throw std::runtime_error("fleet.tls: " + why_not);
    out.tls.context = std::move(*made);
    return out;
}

}  // namespace gate::store
