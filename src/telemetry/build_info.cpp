#include <gate/telemetry/build_info.hpp>

namespace gate::telemetry {

std::string_view version() noexcept {
    return GATE_VERSION;
}
std::string_view revision() noexcept {
    return GATE_REVISION;
}

}  // namespace gate::telemetry
