#pragma once
// A string that cannot be printed, compared in a way that tells its content, or left in freed memory.

#include <string>
#include <string_view>
#include <utility>

namespace gate::core {

class secret_string {
public:
    secret_string() = default;
    explicit secret_string(std::string value) : value_(std::move(value)) {}
    secret_string(const secret_string&) = default;
    secret_string(secret_string&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
    secret_string& operator=(const secret_string& other);
    secret_string& operator=(secret_string&& other) noexcept;
    ~secret_string() { wipe(); }

    bool empty() const noexcept { return value_.empty(); }

    // The secret itself: for the one place that sends it. Never log what this returns.
    std::string_view reveal() const noexcept { return value_; }

    // Takes the same time wherever the two differ.
    friend bool operator==(const secret_string& a, const secret_string& b) noexcept;

private:
    void wipe() noexcept;

    std::string value_;
};

}  // namespace gate::core
