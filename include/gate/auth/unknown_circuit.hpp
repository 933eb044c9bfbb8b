#pragma once
// Whether calls for unknown tokens are worth making. Pure; not thread-safe.
//
// Anybody can make such calls fail. So failures in a row, with none answered in between, close the lane in
// steps: to the addresses that they came from, to a network that several failing addresses belong to, and to
// everybody once there are failures from more networks than one party has at hand. A real outage is noticed
// by the eighth network that it meets.

#include <gate/auth/client_id.hpp>

#include <array>
#include <cstddef>

namespace gate::auth {

class unknown_circuit {
public:
    static constexpr std::size_t most_networks = 8;   // that fail, until the lane is closed to all
    static constexpr std::size_t most_addresses = 4;  // that fail, until it is closed to their network

    // failures: in a row, until it opens; at least 1.
    explicit unknown_circuit(std::size_t failures) noexcept : most_failures_(failures) {}

    void limit_failures(std::size_t failures) noexcept;

    // A call for a token that `whom` has sent has failed.
    void note_failure(const client_id& whom) noexcept;
    // A call was answered, for any token.
    void reset() noexcept { failures_ = networks_ = 0; }

    bool is_open_to_some() const noexcept { return failures_ >= most_failures_; }
    bool is_open() const noexcept { return is_open_to_some() && networks_ >= most_networks; }
    bool is_open_to(const client_id& whom) const noexcept;

private:
    struct failed_network {
        client_id prefix;
        std::size_t addresses = 0;
        std::array<client_id, most_addresses> failed{};

        bool has_failed(const client_id& whom) const noexcept;
    };
    const failed_network* find(const client_id& whom) const noexcept;

    std::size_t most_failures_;
    std::size_t failures_ = 0;
    std::size_t networks_ = 0;
    std::array<failed_network, most_networks> failed_{};
};

}  // namespace gate::auth
