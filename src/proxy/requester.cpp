#include <gate/proxy/requester.hpp>

namespace gate::proxy {

void requester::believe_forwarded_for(const http::request_head& head, const net::network_set& trusted) {
    for (const auto& field : head.fields) {
        if (field.id != http::field_id::x_forwarded_for || field.value.empty()) continue;
        if (!forwarded_for_.empty()) forwarded_for_ += ", ";
        forwarded_for_ += field.value;
    }
    const auto known = peer_.has_address ? std::optional(peer_.address) : std::nullopt;
    forwarded_ = net::client_of(forwarded_for_, known, trusted);
    if (forwarded_) text_ = net::to_text(*forwarded_);
}

}  // namespace gate::proxy
