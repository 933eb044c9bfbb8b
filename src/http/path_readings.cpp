#include "letter_case.hpp"
#include "path_steps.hpp"

#include <gate/http/path_readings.hpp>

#include <algorithm>
#include <functional>

namespace gate::http {
namespace {

constexpr std::size_t kept_memory = 128 * 1024;  // between two paths
constexpr int most_decodings = 3;

}  // namespace

// False: there is no room for it. `path` is no view into bytes_.
bool path_readings::add(std::string_view path) {
    const auto hash = std::hash<std::string_view>{}(path);
    for (std::size_t i = 0; i < size(); ++i) {
        if (readings_[i].hash == hash && (*this)[i] == path) return true;
    }
    const bool fits = bytes_.size() + path.size() <= most_bytes || readings_.empty();
    if (size() == most || !fits) return false;
    readings_.push_back({bytes_.size(), path.size(), hash});
    bytes_.append(path);
    return true;
}

// What each step but decoding makes of a reading.
bool path_readings::add_undecoded(std::size_t i) {
    for (const auto step : path_steps) {
        if (step((*this)[i], made_) && !add(made_)) return false;
    }
    const auto slashes = leading_slashes((*this)[i]);
    for (std::size_t dropped = 2; dropped <= slashes; ++dropped) {
        drop_authority((*this)[i], dropped, made_);
        if (!add(made_)) return false;
    }
    return true;
}

bool path_readings::add_decoded(std::size_t i) {
    for (const auto step : decoding_steps) {
        if (step((*this)[i], made_) && !add(made_)) return false;
    }
    return true;
}

bool path_readings::read(std::string_view raw) {
    readings_.clear();
    bytes_.clear();
    if (bytes_.capacity() > kept_memory) bytes_.shrink_to_fit();
    if (made_.capacity() > kept_memory) std::string().swap(made_);
    made_.clear();
    append_lower(raw, made_);
    add(made_);
    if (!raw.starts_with('/')) return true;

    // Those from `begin` on have had as many decodings, and are reached by no fewer.
    std::size_t begin = 0;
    for (int decodings = 0; begin < size(); ++decodings) {
        for (auto i = begin; i < size(); ++i) {
            if (!add_undecoded(i)) return false;
        }
        if (decodings == most_decodings) break;
        const auto end = size();
        for (auto i = begin; i < end; ++i) {
            if (!add_decoded(i)) return false;
        }
        begin = end;
    }
    return true;
}

void append_plain_form(std::string_view path, std::string& out) {
    const auto begin = out.size();
    append_lower(path, out);
    if (path.find('%') != std::string_view::npos) {
        std::string decoded;
        if (decode_but_slashes(std::string_view(out).substr(begin), decoded))
            out.replace(begin, out.npos, decoded);
    }
    if (out.size() - begin > 1 && out.back() == '/') out.pop_back();
}

}  // namespace gate::http
