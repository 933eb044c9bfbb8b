#include <gate/auth/unknown_circuit.hpp>

#include <algorithm>

namespace gate::auth {

bool unknown_circuit::failed_network::has_failed(const client_id& whom) const noexcept {
    const auto end = failed.begin() + static_cast<std::ptrdiff_t>(addresses);
    return std::find(failed.begin(), end, whom) != end;
}

const unknown_circuit::failed_network* unknown_circuit::find(const client_id& whom) const noexcept {
    const auto end = failed_.begin() + static_cast<std::ptrdiff_t>(networks_);
    const auto prefix = network_of(whom);
    const auto found =
        std::find_if(failed_.begin(), end, [&](const failed_network& each) { return each.prefix == prefix; });
    return found == end ? nullptr : &*found;
}

void unknown_circuit::limit_failures(std::size_t failures) noexcept {
    most_failures_ = failures;
    failures_ = std::min(failures_, failures);
}

void unknown_circuit::note_failure(const client_id& whom) noexcept {
    failures_ = std::min(failures_ + 1, most_failures_);
    const auto* known = find(whom);
    if (known == nullptr) {
        if (networks_ == most_networks) return;
        failed_[networks_] = {network_of(whom), 1, {whom}};
        ++networks_;
        return;
    }
    if (known->has_failed(whom) || known->addresses == most_addresses) return;
    auto& mine = failed_[static_cast<std::size_t>(known - failed_.data())];
    mine.failed[mine.addresses++] = whom;
}

bool unknown_circuit::is_open_to(const client_id& whom) const noexcept {
    if (!is_open_to_some()) return false;
    if (networks_ >= most_networks) return true;
    const auto* known = find(whom);
    return known != nullptr && (known->addresses >= most_addresses || known->has_failed(whom));
}

}  // namespace gate::auth
