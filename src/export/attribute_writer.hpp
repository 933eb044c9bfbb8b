#pragma once
// Writes the members of a span into memory that is known to be large enough. Inline, because each sampled
// request runs it.

#include <gate/telemetry/text_escape.hpp>

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

// Inlined into each call, so that the length of each key is a constant.
#define GATE_INLINE [[gnu::always_inline]]

namespace gate::exporting {

class attribute_writer {
public:
    explicit attribute_writer(char* out) : out_(out) {}

    char* end() const noexcept { return out_; }

    GATE_INLINE void put(std::string_view text) {
        std::memcpy(out_, text.data(), text.size());
        out_ += text.size();
    }

    // A number as it stands, and as text in quotes: as JSON has 64-bit numbers of protobuf.
    GATE_INLINE void plain_number(std::uint64_t value) { out_ = std::to_chars(out_, out_ + 20, value).ptr; }
    GATE_INLINE void quoted_number(std::uint64_t value) {
        put("\"");
        plain_number(value);
        put("\"");
    }

    // In quotes; cut at `limit` bytes.
    GATE_INLINE void quoted(std::string_view text, std::size_t limit) {
        out_ = telemetry::write_quoted(out_, text, limit);
    }
    // The inside of a text, likewise.
    GATE_INLINE void shown(std::string_view text, std::size_t limit) {
        out_ = telemetry::write_shown(out_, telemetry::clip(text, limit));
    }

    // Attributes. Left out when the text is empty.
    GATE_INLINE void text(std::string_view key, std::string_view value, std::size_t limit) {
        if (value.empty()) return;
        begin(key, "stringValue");
        quoted(value, limit);
        put("}}");
    }
    // Text that is our own, and needs no escape.
    GATE_INLINE void word(std::string_view key, std::string_view value) {
        if (value.empty()) return;
        begin(key, "stringValue");
        put("\"");
        put(value);
        put("\"}}");
    }
    GATE_INLINE void number(std::string_view key, std::uint64_t value) {
        begin(key, "intValue");
        quoted_number(value);
        put("}}");
    }
    GATE_INLINE void boolean(std::string_view key, bool value) {
        begin(key, "boolValue");
        put(value ? "true}}" : "false}}");
    }

    // Before the first attribute of a span, in place of the comma between two.
    GATE_INLINE void begin_attributes() {
        put(",\"attributes\":[");
        is_first_ = true;
    }
    // What follows stands after others.
    void continue_attributes() noexcept { is_first_ = false; }
    GATE_INLINE void end_attributes() { put("]"); }
    // Attributes that are ready-made, with a comma before each. Not the first ones.
    GATE_INLINE void ready_made(std::string_view attributes) { put(attributes); }

private:
    GATE_INLINE void begin(std::string_view key, std::string_view kind) {
        put(is_first_ ? "{\"key\":\"" : ",{\"key\":\"");
        is_first_ = false;
        put(key);
        put("\",\"value\":{\"");
        put(kind);
        put("\":");
    }

    char* out_;
    bool is_first_ = true;
};

}  // namespace gate::exporting

#undef GATE_INLINE
