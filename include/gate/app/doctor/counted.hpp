#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace gate::app::doctor {

// "1 replica", "2 replicas". `one`: a noun that takes an "s".
std::string counted(std::unsigned_integral auto number, std::string_view one) {
    return std::to_string(number).append(" ").append(one).append(number == 1 ? "" : "s");
}

}  // namespace gate::app::doctor
