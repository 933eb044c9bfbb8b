#pragma once
// Whether calls are worth making. Pure; not thread-safe.
//
// Calls that fail one after another, with none answered in between, open the circuit: to the parties that
// they were made for, and to all parties once there are `Quorum` of them. So a party that makes its own calls
// fail does not close the lane to others, and an outage is noticed by the second, or the eighth, party.

#include <algorithm>
#include <array>
#include <cstddef>

namespace gate::auth {

template <class Party, std::size_t Quorum>
class circuit {
public:
    // failures: in a row, until it opens; at least 1.
    explicit circuit(std::size_t failures) noexcept : most_failures_(failures) {}

    void limit_failures(std::size_t failures) noexcept {
        most_failures_ = failures;
        failures_ = std::min(failures_, failures);
    }

    // A call for `whom` has failed.
    void note_failure(const Party& whom) noexcept {
        failures_ = std::min(failures_ + 1, most_failures_);
        if (!has_failed(whom) && parties_ < Quorum) failed_[parties_++] = whom;
    }
    // A call was answered, for any party.
    void reset() noexcept { failures_ = parties_ = 0; }

    bool is_open_to_some() const noexcept { return failures_ >= most_failures_; }
    bool is_open() const noexcept { return is_open_to_some() && parties_ >= Quorum; }
    bool is_open_to(const Party& whom) const noexcept {
        return is_open_to_some() && (parties_ >= Quorum || has_failed(whom));
    }

private:
    bool has_failed(const Party& whom) const noexcept {
        const auto end = failed_.begin() + static_cast<std::ptrdiff_t>(parties_);
        return std::find(failed_.begin(), end, whom) != end;
    }

    std::size_t most_failures_;
    std::size_t failures_ = 0;
    std::size_t parties_ = 0;
    std::array<Party, Quorum> failed_{};
};

}  // namespace gate::auth
