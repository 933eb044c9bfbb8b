#pragma once
// JSON text (RFC 8259), written by RapidJSON without white space. Whatever the texts hold, the result is
// valid: bytes that are not UTF-8 become U+FFFD. It is ASCII alone, so that nothing in it steers a terminal:
// other characters are escaped.

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace gate::core {

// Values stand within an object after a name(), or within an array.
class json_writer {
public:
    json_writer() : writer_(buffer_) {}
    json_writer(const json_writer&) = delete;
    json_writer& operator=(const json_writer&) = delete;

    void begin_object() { writer_.StartObject(); }
    void end_object() { writer_.EndObject(); }
    void begin_array() { writer_.StartArray(); }
    void end_array() { writer_.EndArray(); }

    void name(std::string_view text) { value(text); }
    void null() { writer_.Null(); }
    void value(double number) { writer_.Double(number); }  // finite
    void value(std::string_view text);
    void value(const char* text) { value(std::string_view(text)); }
    void value(bool is_true) { writer_.Bool(is_true); }
    template <std::unsigned_integral Number>
    void value(Number number) {
        writer_.Uint64(number);
    }
    template <std::signed_integral Number>
    void value(Number number) {
        writer_.Int64(number);
    }

    template <class Value>
    void member(std::string_view named, const Value& what) {
        name(named);
        value(what);
    }
    // A member that is a list of texts.
    template <class Texts>
    void list(std::string_view named, const Texts& texts) {
        name(named);
        begin_array();
        for (const auto& each : texts) value(std::string_view(each));
        end_array();
    }

    // What has been written so far; valid until the next call of another member.
    std::string_view text() const { return {buffer_.GetString(), buffer_.GetSize()}; }

private:
    rapidjson::StringBuffer buffer_;
    rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::ASCII<>> writer_;
};

}  // namespace gate::core
