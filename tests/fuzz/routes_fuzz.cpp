// Any target against route tables: where an interpretation of it that is common among servers meets a route
// that denies, it is denied; where it meets one that needs a token, so does the target; unless that very
// spelling has a more specific route of its own. No ambiguous target passes by a route looser than auth.mode.
#include "check.hpp"
#include "path_interpretations.hpp"

#include <gate/auth/route_table.hpp>

#include <array>
#include <cstdint>

using namespace gate;
using auth::route_access;

namespace {

struct entry {
    const char* path;
    route_access needs;
};

constexpr auto none = route_access::none;
constexpr auto optional = route_access::optional;
constexpr auto required = route_access::required;
constexpr auto deny = route_access::deny;

// In plain form, so that the interpretations can be compared with them byte by byte.
const std::vector<std::vector<entry>> tables{
    {{"/**", none}, {"/admin/**", deny}, {"/user/**", required}, {"/admin/open", none}},
    {{"/open/**", none}, {"/open/*/admin", deny}, {"/open/a/**", required}, {"/a/b", deny}, {"/a", optional}},
    {{"/*", none}, {"/*/*", deny}, {"/*/*/**", none}, {"/a/*/b", required}},
    {{"/a/**", optional}, {"/a/b/**", deny}, {"/b/**", none}, {"/b/a/**", required}, {"/", none}},
};

// A linear search, for paths that begin with '/'.
bool matches(const std::string& pattern, const std::string& path) {
    const auto want = fuzz::paths::segments_of(pattern);
    auto have = fuzz::paths::segments_of(path);
    for (std::size_t i = 0; i < want.size(); ++i) {
        if (want[i] == "**") return true;
        if (i >= have.size() || (want[i] == "*" ? have[i].empty() : want[i] != have[i])) return false;
    }
    return want.size() == have.size();
}

std::string kinds(const std::string& pattern) {
    std::string out;
    for (const auto& each : fuzz::paths::segments_of(pattern))
        out += each == "**" ? '1' : each == "*" ? '2' : '3';
    return out + '3';
}

const entry* best_of(const std::vector<entry>& table, const std::string& path) {
    const entry* best = nullptr;
    for (const auto& each : table) {
        if (matches(each.path, path) && (best == nullptr || kinds(each.path) > kinds(best->path)))
            best = &each;
    }
    return best;
}

// "/" at the end is dropped where paths are compared; such a spelling may have its own route all the same.
std::string without_end_slash(std::string path) {
    if (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

bool is_odd(const std::string& raw) {  // the plainest part of the ambiguous pieces
    for (const char* piece : {"%2f", "%2F", "%5c", "%5C", "%2e", "%2E", "%3b", "%3B", "%00", "%25", "//",
                              "\\", ";", "/./", "/../", "%u"}) {
        if (raw.find(piece) != raw.npos) return true;
    }
    return false;
}

std::vector<auth::route> routes_of(const std::vector<entry>& table) {
    std::vector<auth::route> out;
    for (const auto& each : table) {
        out.emplace_back();
        out.back().paths = {each.path};
        out.back().needs = each.needs;
    }
    return out;
}

struct compiled {
    auth::route_table table;
    route_access mode;
    const std::vector<entry>* entries;
};

const std::vector<compiled>& all_tables() {
    static const auto made = [] {
        std::vector<compiled> out;
        for (const auto& each : tables) {
            for (const auto mode : {optional, required}) {
                out.push_back({auth::route_table(routes_of(each), {mode}), mode, &each});
                fuzz::check(out.back().table.errors().empty(), "the table is right");
            }
        }
        return out;
    }();
    return made;
}

// A byte chooses a piece that paths are made of, or stands for itself.
std::string target_of(const std::uint8_t* data, std::size_t size) {
    static const std::array<const char*, 40> pieces{
        "/admin", "/user",  "/open", "/a",    "/b",     "/..",      "/.",     "//",        "%2f",   "%5c",
        "%2e",    "%2e%2e", "%25",   "%61",   "%252e",  "%252f",    ";x",     "\\",        "%00",   "%3f",
        "%23",    "/ADMIN", "/A",    ".",     "%20",    "%u002f",   "%c0%af", "%ef%bc%8f", "..%20", "/",
        "%3b",    "%",      "admin", "%2561", "//host", "/%2e%2e/", "...",    "%09",       "%7f",   "%u0061"};
    std::string out;
    for (std::size_t i = 0; i < size && out.size() < 2000; ++i) {
        if (data[i] < pieces.size()) {
            out += pieces[data[i]];
        } else if (data[i] > 0x20 && data[i] < 0x7f && data[i] != '?' && data[i] != '#') {
            out += static_cast<char>(data[i]);
        }
    }
    return out.starts_with('/') ? out : "/" + out;
}

void check_target(const compiled& in, const std::string& raw, const std::vector<std::string>& readings,
                  auth::route_scratch& scratch) {
    const auto made = in.table.decide({"GET", raw, "a.test"}, scratch);
    if (made.has_too_many_readings) {
        fuzz::check(made.needs == deny, "too many readings never pass");
        return;
    }
    fuzz::check(made.needs >= in.mode || !is_odd(raw), "no ambiguous target passes by a looser route");
    const auto* const own = best_of(*in.entries, raw);
    const auto own_access = own == nullptr ? in.mode : own->needs;
    fuzz::check(made.needs >= own_access, "never looser than the raw path");
    for (const auto& path : readings) {
        const auto* const met = best_of(*in.entries, without_end_slash(path));
        if (met == nullptr || met->needs < required || made.needs >= met->needs) continue;
        // That very spelling has a more specific route of its own.
        const bool is_own = path == raw && own != nullptr && kinds(own->path) > kinds(met->path);
        fuzz::check(is_own, met->needs == deny ? "what a server may read as denied is denied"
                                               : "what a server may read as protected needs a token");
    }
}

}  // namespace

// The first byte chooses the table.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static auth::route_scratch scratch;
    if (size == 0) return 0;
    const auto raw = target_of(data + 1, size - 1);
    check_target(all_tables()[data[0] % all_tables().size()], raw, fuzz::paths::interpretations(raw),
                 scratch);
    return 0;
}
