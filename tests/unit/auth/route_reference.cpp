#include "route_reference.hpp"

#include <algorithm>
#include <map>

namespace reference {
namespace {

using strings = std::vector<std::string>;

strings split(const std::string& path) {  // of what follows the first slash
    strings out{""};
    for (std::size_t i = 1; i < path.size(); ++i) {
        if (path[i] == '/') {
            out.emplace_back();
        } else {
            out.back() += path[i];
        }
    }
    return out;
}

std::string join(const strings& segments) {
    std::string out;
    for (const auto& each : segments) out += "/" + each;
    return out.empty() ? "/" : out;
}

unsigned byte(const std::string& s, std::size_t i) {
    return i < s.size() ? static_cast<unsigned char>(s[i]) : 0;
}

std::string replaced(std::string path, const std::string& what, const std::string& by) {
    for (auto at = path.find(what); at != path.npos; at = path.find(what)) path.replace(at, what.size(), by);
    return path;
}

std::string lower(std::string s) {
    s = replaced(replaced(s, "\xc5\xbf", "s"), "\xe2\x84\xaa", "k");  // the long s, the Kelvin sign
    s = replaced(replaced(s, "\xc4\xb1", "i"), "\xc4\xb0", "i");      // i without a dot, I with one
    for (std::size_t i = 0; i < s.size(); ++i) {
        if (s[i] >= 'A' && s[i] <= 'Z') s[i] = static_cast<char>(s[i] + 32);
        const bool latin = byte(s, i) == 0xc3 && byte(s, i + 1) >= 0x80 && byte(s, i + 1) <= 0x9e;
        if (latin && byte(s, i + 1) != 0x97) s[i + 1] = static_cast<char>(byte(s, i + 1) + 0x20);
    }
    return s;
}

int hex(const std::string& s, std::size_t at, std::size_t count) {
    const auto digits = s.substr(std::min(at, s.size()), count);
    if (digits.size() != count || digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos)
        return -1;
    return std::stoi(digits, nullptr, 16);
}

std::string utf8(int code) {
    if (code < 0x80) return {static_cast<char>(code)};
    if (code < 0x800) return {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 63))};
    return {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 63)),
            static_cast<char>(0x80 | (code & 63))};
}

// Overlong forms of ASCII, in two and in three bytes.
int overlong(const std::string& s, std::size_t i, std::size_t& size) {
    const auto tail = [&](std::size_t k) { return (byte(s, k) & 0xc0) == 0x80; };
    if ((byte(s, i) == 0xc0 || byte(s, i) == 0xc1) && tail(i + 1)) {
        size = 2;
        return static_cast<int>((byte(s, i) & 1) << 6 | (byte(s, i + 1) & 63));
    }
    if (byte(s, i) == 0xe0 && byte(s, i + 1) >= 0x80 && byte(s, i + 1) < 0xa0 && tail(i + 2)) {
        size = 3;
        return static_cast<int>((byte(s, i + 1) & 63) << 6 | (byte(s, i + 2) & 63));
    }
    return -1;
}

bool slash(int code) {
    return code == '/' || code == '\\';
}

std::string decoded(const std::string& path, bool slashes_too, bool wide_too) {
    std::string out;
    for (std::size_t i = 0; i < path.size();) {
        const bool wide = wide_too && path[i] == '%' && (byte(path, i + 1) | 32) == 'u';
        const int code = path[i] != '%' ? -1 : wide ? hex(path, i + 2, 4) : hex(path, i + 1, 2);
        if (code >= 0 && (slashes_too || !slash(code))) {
            out += wide ? utf8(code) : std::string(1, static_cast<char>(code));
            i += wide ? 6 : 3;
        } else {
            out += path[i++];
        }
    }
    return out;
}

std::string without_overlong(const std::string& bytes, bool slashes_too) {
    std::string out;
    for (std::size_t i = 0; i < bytes.size();) {
        std::size_t size = 1;
        const int code = overlong(bytes, i, size);
        const bool replaces = code >= 0 && (slashes_too || !slash(code));
        out += replaces ? utf8(code) : bytes.substr(i, replaces ? size : 1);
        i += replaces ? size : 1;
    }
    return out;
}

std::string narrowed(const std::string& path) {
    std::string out;
    for (std::size_t i = 0; i < path.size();) {
        const auto code = (byte(path, i + 1) & 63) << 6 | (byte(path, i + 2) & 63);
        const bool full = byte(path, i) == 0xef && (byte(path, i + 1) & 0xc0) == 0x80 &&
                          (byte(path, i + 2) & 0xc0) == 0x80 && code >= 0xf01 && code <= 0xf5e;
        out += full ? static_cast<char>(code - 0xf01 + '!') : path[i];
        i += full ? 3 : 1;
    }
    return out;
}

std::string without_dot_segments(const std::string& path) {
    strings kept;
    const auto all = split(path);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool last = i + 1 == all.size();
        if (all[i] == "..") {
            if (!kept.empty()) kept.pop_back();
            if (last) kept.emplace_back();
        } else if (all[i] == ".") {
            if (last) kept.emplace_back();
        } else {
            kept.push_back(all[i]);
        }
    }
    return join(kept);
}

bool ends_with(const std::string& s, const std::string& end) {
    return s.size() >= end.size() && s.substr(s.size() - end.size()) == end;
}

// How many bytes at the end are one blank: NEL, no-break space, em space, ideographic space, or a control
// byte.
std::size_t blank_at_end(const std::string& s) {
    for (const std::string blank : {"\xc2\x85", "\xc2\xa0", "\xe2\x80\x83", "\xe3\x80\x80"})
        if (ends_with(s, blank)) return blank.size();
    const auto c = byte(s, s.size() - 1);
    // Alone, a byte is Latin-1; the letters of the tests that end in one of these are of two bytes.
    const bool is_letter = s.size() > 1 && byte(s, s.size() - 2) >= 0xc3 && byte(s, s.size() - 2) <= 0xdf;
    return !s.empty() && (c <= 0x20 || c == 0x7f || ((c == 0x85 || c == 0xa0) && !is_letter)) ? 1 : 0;
}

std::string shortened(const std::string& path, bool dots, bool blanks) {
    auto all = split(path);
    for (auto& each : all) {
        if (each == "." || each == "..") continue;
        while (!each.empty()) {
            const auto size = dots && each.back() == '.' ? 1 : blanks ? blank_at_end(each) : 0;
            if (size == 0) break;
            each.resize(each.size() - size);
        }
    }
    return join(all);
}

std::string without_spaces(const std::string& path) {
    auto all = split(path);
    for (auto& each : all) each.resize(each.find_last_not_of(' ') + 1);
    return join(all);
}

// Dot by dot, until it is ".." and must not be shortened.
std::string dot_by_dot(const std::string& path) {
    auto all = split(path);
    for (auto& each : all) {
        if (!each.empty() && each.find_first_not_of('.') == each.npos) each = each.substr(0, 2);
    }
    return join(all);
}

// What one step but decoding can make of a path.
strings steps(const std::string& path) {
    strings out{narrowed(path),
                without_dot_segments(path),
                replaced(path, "//", "/"),
                replaced(path, "\\", "/"),
                shortened(path, true, false),
                shortened(path, false, true),
                shortened(path, true, true),
                dot_by_dot(path),
                without_spaces(path),
                replaced(replaced(replaced(path, "\t", ""), "\n", ""), "\r", "")};
    auto cut = split(path);
    for (auto& each : cut) each = each.substr(0, each.find(';'));
    out.push_back(join(cut));
    for (const char mark : {'\0', '?', '#'}) out.push_back(path.substr(0, path.find(mark)));
    auto end = path;
    while (end.size() > 1 && end.back() == '/') end.pop_back();
    out.push_back(end);
    for (std::size_t slashes = 2; path.substr(0, slashes) == std::string(slashes, '/'); ++slashes) {
        const auto rest = path.find('/', slashes);
        out.push_back(rest == path.npos ? "/" : path.substr(rest));
        if (out.size() > 200) break;
    }
    return out;
}

void find_readings(const std::string& path, int decodings, std::map<std::string, int>& found) {
    if (found.size() > most_readings) return;
    const auto known = found.find(path);
    if (known != found.end() && known->second <= decodings) return;
    found[path] = decodings;
    for (const bool slashes_too : {true, false})
        find_readings(lower(without_overlong(path, slashes_too)), decodings, found);
    for (const auto& next : steps(path)) find_readings(lower(next), decodings, found);
    if (decodings == 3) return;
    for (const bool slashes_too : {true, false}) {
        for (const bool wide_too : {true, false})
            find_readings(lower(decoded(path, slashes_too, wide_too)), decodings + 1, found);
    }
}

std::string without_end_slash(std::string path) {
    if (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

std::string pattern_in_plain_form(const std::string& pattern) {
    if (pattern == "/**") return pattern;
    const bool below = pattern.size() > 3 && pattern.substr(pattern.size() - 3) == "/**";
    // A star keeps its meaning: it is no escape.
    return below ? plain_form(pattern.substr(0, pattern.size() - 3) + "/") + "/**" : plain_form(pattern);
}

std::string host_name(std::string host) {
    if (host.find(']') == host.npos) host = host.substr(0, host.find(':'));
    if (!host.empty() && host.back() == '.') host.pop_back();
    return lower(host);
}

// Greater: more specific. Only wildcards of different lengths, and one exact host, match the same host.
int host_rank(const std::string& pattern) {
    return pattern.empty() ? 0 : pattern[0] == '*' ? static_cast<int>(pattern.size()) : 1000;
}

bool host_matches(const std::string& pattern, const std::string& host) {
    if (pattern.empty() || pattern == host) return true;
    const auto suffix = pattern.substr(1);
    return pattern[0] == '*' && host.size() > suffix.size() &&
           host.substr(host.size() - suffix.size()) == suffix;
}

std::vector<int> specificity(const std::string& pattern) {
    std::vector<int> out;
    for (const auto& each : split(pattern)) out.push_back(each == "**" ? 1 : each == "*" ? 2 : 3);
    out.push_back(3);
    return out;
}

struct rule {
    int route;
    std::string host, pattern;  // as written
    std::string compared;       // the pattern, or its plain form
    bool soft = false;          // does not match the raw path as written, and is not in plain form
};

struct outcome {
    int route = -1;
    route_access needs = route_access::none;
    bool preflight = true;
    bool in_shadow = false;
};

class chooser {
public:
    chooser(const std::vector<route>& routes, const route_defaults& defaults, const std::string& method,
            const std::string& host)
        : routes_(routes), defaults_(defaults), method_(method), host_(host) {}

    outcome of_raw(const std::string& raw) const { return choose(matching(raw, raw, false), {}); }
    outcome of_reading(const std::string& reading, const std::string& raw) const {
        return choose(matching(plain_form(reading), raw, true), {});
    }
    outcome of_undecoded(const std::string& reading, const std::string& raw) const {
        return choose(undecoded(reading, raw), {});
    }
    outcome enforced_of_undecoded(const std::string& reading, const std::string& raw) const {
        return enforce(undecoded(reading, raw));
    }
    outcome enforced_of_raw(const std::string& raw) const { return enforce(matching(raw, raw, false)); }
    outcome enforced_of_reading(const std::string& reading, const std::string& raw) const {
        return enforce(matching(plain_form(reading), raw, true));
    }

private:
    using rules = std::vector<rule>;

    // A reading with its escapes, against each pattern as it is written and in plain form.
    rules undecoded(const std::string& reading, const std::string& raw) const {
        const auto path = without_end_slash(reading);
        rules out;
        for (auto each : all_rules()) {
            const auto plain = pattern_in_plain_form(each.pattern);
            const auto written = without_end_slash(lower(each.pattern));
            each.compared = pattern_matches(written, path) ? written : plain;
            each.soft = plain != each.pattern && !pattern_matches(each.pattern, raw);
            if (pattern_matches(each.compared, path)) out.push_back(each);
        }
        return out;
    }

    rules matching(const std::string& path, const std::string& raw, bool is_reading) const {
        rules out;
        for (auto each : all_rules()) {
            if (is_reading) each.compared = pattern_in_plain_form(each.pattern);
            each.soft = each.compared != each.pattern && !pattern_matches(each.pattern, raw);
            if (pattern_matches(each.compared, path)) out.push_back(each);
        }
        return out;
    }

    // Those of the method and the host.
    rules all_rules() const {
        rules out;
        for (std::size_t i = 0; i < routes_.size(); ++i) {
            const auto& r = routes_[i];
            const bool has = r.methods.empty() ||
                             std::find(r.methods.begin(), r.methods.end(), method_) != r.methods.end();
            if (!has) continue;
            for (const auto& host : r.hosts.empty() ? strings{""} : r.hosts) {
                for (const auto& pattern : r.paths.empty() ? strings{"/**"} : r.paths) {
                    if (host_matches(host, host_))
                        out.push_back({static_cast<int>(i), host, pattern, pattern});
                }
            }
        }
        return out;
    }

    const route& at(const rule& r) const { return routes_[static_cast<std::size_t>(r.route)]; }

    // The best of one host level: all with the most specific path, of each pattern the one that lists
    // methods.
    rules best_of(const rules& all, int level) const {
        rules out;
        std::vector<int> top;
        for (const auto& r : all) {
            if (host_rank(r.host) == level) top = std::max(top, specificity(r.compared));
        }
        for (const auto& r : all) {
            if (host_rank(r.host) != level || specificity(r.compared) != top) continue;
            const bool beaten =
                at(r).methods.empty() && std::any_of(all.begin(), all.end(), [&](const rule& o) {
                    return o.host == r.host && o.pattern == r.pattern && !at(o).methods.empty();
                });
            if (!beaten) out.push_back(r);
        }
        return out;
    }

    outcome nothing() const { return {-1, defaults_.mode, defaults_.preflight, defaults_.shadow}; }

    // By the document: the best of the most specific host, tightened by best ones of less specific hosts with
    // a more specific path. `counted`: soft patterns about which that is decided.
    outcome choose(const rules& all, const std::set<std::string>& counted) const {
        std::set<int, std::greater<>> levels;
        for (const auto& r : all) levels.insert(host_rank(r.host));
        if (levels.empty()) return nothing();
        const auto chosen = best_of(all, *levels.begin());
        outcome out{chosen.front().route, route_access::none, true, true};
        for (const int level : levels) {
            const auto best = best_of(all, level);
            const bool is_chosen = level == *levels.begin();
            const bool tightens =
                is_chosen || specificity(best.front().compared) > specificity(chosen.front().compared);
            if (!tightens) continue;
            for (const auto& r : best) {
                const auto key = r.host + r.pattern;
                if (!r.soft || counted.count(key) != 0) {
                    if (at(r).needs > out.needs && is_chosen) out.route = r.route;
                    out.needs = std::max(out.needs, at(r).needs);
                    if (is_chosen) out.preflight = out.preflight && at(r).preflight;
                    out.in_shadow = out.in_shadow && at(r).shadow;
                    continue;
                }
                rules rest;
                for (const auto& o : all) {
                    if (o.host + o.pattern != key) rest.push_back(o);
                }
                const auto without = choose(rest, counted);
                if (at(r).needs < without.needs) return without;
                auto more = counted;
                more.insert(key);
                return choose(all, more);
            }
        }
        return out;
    }

    // As if routes in shadow did not exist that are stricter than auth.mode, or than the choice without them.
    outcome enforce(rules all) const {
        std::set<int> trials;
        for (const auto& r : all) {
            if (at(r).shadow) trials.insert(r.route);
        }
        for (const int trial : trials) {
            if (routes_[static_cast<std::size_t>(trial)].needs > defaults_.mode) remove(all, trial);
        }
        return without_stricter(all);
    }

    static void remove(rules& from, int route) {
        from.erase(
            std::remove_if(from.begin(), from.end(), [route](const rule& r) { return r.route == route; }),
            from.end());
    }

    outcome without_stricter(const rules& all) const {
        // Routes in shadow neither tighten another host nor share a plain form with others: only the chosen
        // one can be in shadow.
        const auto made = choose_with_trial(all);
        if (made.route < 0 || !routes_[static_cast<std::size_t>(made.route)].shadow) return made;
        auto rest = all;
        remove(rest, made.route);
        const auto without = without_stricter(rest);
        return routes_[static_cast<std::size_t>(made.route)].needs > without.needs ? without : made;
    }

    outcome choose_with_trial(const rules& all) const {
        rules firm;
        for (const auto& r : all) {
            if (!at(r).shadow) firm.push_back(r);
        }
        // Soft ones and those that lose to a firm one of the same rank do nothing; a soft firm one that is
        // stricter counts.
        rules trials;
        for (const auto& r : all) {
            const bool meets_firm = std::any_of(firm.begin(), firm.end(), [&](const rule& f) {
                return f.host == r.host && specificity(f.compared) == specificity(r.compared) &&
                       (!f.soft || at(f).needs > at(r).needs) &&
                       (f.pattern != r.pattern || !at(f).methods.empty() || at(r).methods.empty());
            });
            if (at(r).shadow && !r.soft && !meets_firm) trials.push_back(r);
        }
        if (trials.empty()) return choose(firm, {});
        int level = 0;
        for (const auto& r : trials) level = std::max(level, host_rank(r.host));
        const auto trial = best_of(trials, level).front();
        rules others = firm;  // without those that come after the trial on its own level, and looser ones
        others.erase(
            std::remove_if(others.begin(), others.end(),
                           [&](const rule& f) { return host_rank(f.host) == level && !precedes(f, trial); }),
            others.end());
        const bool is_first = std::none_of(firm.begin(), firm.end(), [&](const rule& f) {
            return !f.soft &&
                   (host_rank(f.host) > level || (host_rank(f.host) == level && precedes(f, trial)));
        });
        if (!is_first) return choose(firm, {});
        auto all_now = others;
        all_now.push_back(trial);
        auto out = choose(all_now, {});
        if (out.route == trial.route) out.in_shadow = out.in_shadow && at(trial).shadow;
        return out;
    }

    bool precedes(const rule& f, const rule& trial) const {
        const auto a = specificity(f.compared);
        const auto b = specificity(trial.compared);
        return a != b ? a > b
                      : f.pattern == trial.pattern && !at(f).methods.empty() && at(trial).methods.empty();
    }

    const std::vector<route>& routes_;
    const route_defaults& defaults_;
    std::string method_, host_;
};

std::set<std::string> variants(const std::string& method) {
    std::set<std::string> out{method};
    auto upper = method;
    for (auto& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    out.insert(upper);
    if (upper == "HEAD") out.insert("GET");
    return out;
}

std::string path_of(std::string reference) {
    reference = reference.substr(0, reference.find_first_of("?#"));
    const auto scheme = reference.find("://");
    if (scheme != reference.npos && reference.find('/') == scheme + 1) {
        const auto slash_at = reference.find('/', scheme + 3);
        return slash_at == reference.npos ? "/" : reference.substr(slash_at);
    }
    return reference.substr(0, 1) == "/" ? reference : "/" + reference;
}

}  // namespace

std::set<std::string> readings_of(const std::string& raw) {
    if (raw.substr(0, 1) != "/") return {lower(raw)};
    std::map<std::string, int> found;
    find_readings(lower(raw), 0, found);
    std::set<std::string> out;
    for (const auto& each : found) out.insert(each.first);
    return out;
}

std::string plain_form(const std::string& path) {
    auto out = lower(decoded(path, false, true));
    if (out.size() > 1 && out.back() == '/') out.pop_back();
    return out;
}

bool is_ambiguous(const std::string& raw) {
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] != '%') continue;
        const int code = hex(raw, i + 1, 2);
        if (code < 0x20 || code == 0x7f ||
            std::string("/\\.;?#%").find(static_cast<char>(code)) != std::string::npos)
            return true;
    }
    std::string escapes_only;  // decoded, but nothing else
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const int code = raw[i] == '%' ? hex(raw, i + 1, 2) : -1;
        escapes_only += code < 0 ? raw[i] : static_cast<char>(code);
        if (code >= 0) i += 2;
    }
    if (without_overlong(escapes_only, true) != escapes_only || narrowed(escapes_only) != escapes_only)
        return true;
    for (const char c : raw) {
        if ((c >= 0 && c < 0x20) || c == 0x7f || c == ';' || c == '\\' || c == '?' || c == '#') return true;
    }
    if (raw.find("//") != raw.npos) return true;
    for (const auto& each : split(escapes_only)) {
        if (!each.empty() && (each.back() == '.' || blank_at_end(each) != 0)) return true;
    }
    return false;
}

bool pattern_matches(const std::string& pattern, const std::string& path) {
    if (path.substr(0, 1) != "/") return pattern == "/**";
    const auto want = split(pattern);
    const auto have = split(path);
    std::size_t i = 0;
    for (; i < want.size() && want[i] != "**"; ++i) {
        if (i >= have.size()) return false;
        if (want[i] == "*" ? have[i].empty() : want[i] != have[i]) return false;
    }
    return i < want.size() || i == have.size();
}

decision decide(const std::vector<route>& routes, const route_defaults& defaults, const request& asked) {
    decision out;
    const auto host = host_name(asked.host);
    const chooser exact(routes, defaults, asked.method, host);
    const auto raw = exact.of_raw(asked.path);
    out.chosen = raw.route;
    out.tried = raw.needs;
    out.preflight = raw.preflight;
    const auto enforced = exact.enforced_of_raw(asked.path);
    out.needs = enforced.needs;
    out.in_shadow = enforced.in_shadow;

    strings paths{asked.path};
    for (const auto& each : asked.other_paths) paths.push_back(path_of(each));
    std::set<std::string> methods = variants(asked.method);
    for (const auto& each : asked.other_methods) methods.merge(variants(each));
    std::set<std::string> hosts{host};
    if (host.empty()) {
        for (const auto& r : routes) {
            for (const auto& each : r.hosts)
                hosts.insert(each[0] == '*' ? "any-label" + each.substr(1) : each);
        }
    }
    for (const auto& path : paths) {
        const auto readings = readings_of(path);
        if (readings.size() > most_readings) {
            out.too_many = true;
            return out;
        }
        for (const auto& reading : readings) {
            for (const auto& method : methods) {
                for (const auto& h : hosts) {
                    const chooser c(routes, defaults, method, h);
                    for (const auto& met : {c.of_reading(reading, path), c.of_undecoded(reading, path)}) {
                        out.tried = std::max(out.tried, met.needs);
                        out.preflight = out.preflight && met.preflight;
                    }
                    for (const auto& held :
                         {c.enforced_of_reading(reading, path), c.enforced_of_undecoded(reading, path)}) {
                        out.needs = std::max(out.needs, held.needs);
                        out.in_shadow = out.in_shadow && held.in_shadow;
                    }
                }
            }
        }
        if (is_ambiguous(path)) {
            out.tried = std::max(out.tried, defaults.mode);
            out.needs = std::max(out.needs, defaults.mode);
            out.preflight = out.preflight && defaults.preflight;
        }
    }
    out.preflight = out.preflight && out.tried != route_access::deny;
    return out;
}

}  // namespace reference
