#include <gate/core/json_writer.hpp>
#include <gate/core/utf8.hpp>

namespace gate::core {

void json_writer::value(std::string_view text) {
    // RapidJSON stops amid a text that is not UTF-8, and reads a sequence that is cut off beyond its end.
    if (is_utf8(text)) {
        writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    } else {
        writer_.String(repaired_utf8(text));
    }
}

}  // namespace gate::core
