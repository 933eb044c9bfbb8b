// From the names of files to what they hold.
#include <gate/app/file_digest.hpp>
#include <gate/app/tls_contents.hpp>
#include <gate/config/options.hpp>
#include <gate/config/store_url.hpp>
#include <gate/net/tls_context.hpp>
#include <gate/net/tls_files.hpp>

#include <algorithm>

namespace gate::app {
namespace {

struct place {
    std::string where;
    config::position at{};
};

place place_in(const std::string& file, config::position at) {
    return {file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column), at};
}

// Where the value of an option stands: its place in the file, or the variable.
place place_of(const config::loaded& of, std::string_view path, const std::string& file) {
    const auto* const which = config::find_option(path);
    if (which == nullptr) return {file};
    const auto index = static_cast<std::size_t>(which - config::all_options().data());
    if (index >= of.origins.size() || of.origins[index].where.empty()) return {file};
    const auto& from = of.origins[index];
    return from.at.line == 0 ? place{from.where} : place_in(file, from.at);
}

// What each file for itself does not show, such as a signature that the library finds too weak.
constexpr const char* unusable = "OpenSSL cannot use these files: ";

class reading {
public:
    reading(const config::loaded& of, const std::string& file) : of_(of), file_(file) {}

    template <class Options>
    tls_contents::server server(const std::string& section, const Options& options,
                                const config::source_line& at = {}) {
        if (!options.is_on()) return nullptr;
        std::vector<net::tls_problem> wrong;
        auto out = net::read_server_material(options, wrong);
        std::string why_not;
        if (out && !net::make_server_tls(out, why_not)) wrong.push_back({"certificates", unusable + why_not});
        report(section, wrong, at);
        return out;
    }

    tls_contents::client upstream(const std::string& section, const config::upstream_options& options,
                                  const config::source_line& at = {}) {
        return options.target.tls ? client(section, options.tls, at) : nullptr;
    }

    tls_contents::client fleet(const config::fleet_options& options) {
        return config::is_tls_store(options.url) ? client("fleet.tls", options.tls, {}) : nullptr;
    }

    std::vector<config::problem> take_problems() { return std::move(problems_); }

private:
    tls_contents::client client(const std::string& section, const config::upstream_tls_options& options,
                                const config::source_line& at) {
        std::vector<net::tls_problem> wrong;
        auto out = net::read_client_material(options, wrong);
        std::string why_not;
        if (out && !net::make_client_tls(out, why_not)) wrong.push_back({"ca_file", unusable + why_not});
        report(section, wrong, at);
        return out;
    }

    // `at`: of the entry of a list, whose keys have no places of their own any more.
    void report(const std::string& section, const std::vector<net::tls_problem>& wrong,
                const config::source_line& at) {
        for (const auto& each : wrong) {
            const auto path = section + "." + each.key;
            auto found = at.line == 0 ? place_of(of_, path.substr(0, path.find('[')), file_)
                                      : place_in(file_, {at.line, at.column});
            problems_.push_back({std::move(found.where), path + ": " + each.message, found.at});
        }
    }

    const config::loaded& of_;
    const std::string file_;
    std::vector<config::problem> problems_;
};

template <class T>
void keep_same(const std::shared_ptr<const T>& before, std::shared_ptr<const T>& now) {
    if (before && now && *before == *now) now = before;
}

// Who compares pointers sees what has changed.
void keep_what_is_same(const tls_contents& before, tls_contents& now) {
    for (auto& each : now.listeners) keep_same(before.of_listener(each.name), each.material);
    keep_same(before.status, now.status);
    keep_same(before.admin, now.admin);
    keep_same(before.answer, now.answer);
    for (auto& each : now.upstreams) {
        for (const auto& other : before.upstreams) keep_same(other, each);
    }
    keep_same(before.fleet, now.fleet);
}

std::string section_of(const config::named_listener& which, const config::config& in) {
    return in.listeners.empty() ? "listener.tls" : "listeners." + which.name + ".tls";
}

void add_files(const std::vector<config::certificate_files>& from, std::vector<std::string>& into) {
    for (const auto& each : from) {
        into.push_back(each.cert_file);
        into.push_back(each.key_file);
    }
}

void add_files(const config::listener_tls_options& from, std::vector<std::string>& into) {
    add_files(from.certificates, into);
    into.push_back(from.client_ca_file);
    into.push_back(from.ticket_key_file);
}

void add_files(const config::upstream_tls_options& from, std::vector<std::string>& into) {
    for (const auto& each : {from.ca_file, from.client_cert_file, from.client_key_file}) into.push_back(each);
}

void add_files(const config::upstream_options& from, std::vector<std::string>& into) {
    if (from.target.tls) add_files(from.tls, into);
}

}  // namespace

tls_reading read_tls_contents(const config::loaded& of, const std::string& file, const tls_contents* before) {
    const auto& options = of.value;
    file_digests digests;
    for (const auto& each : tls_files_of(options)) digests[each] = digest_of_file(each);
    reading from(of, file);
    tls_contents now;
    for (const auto& each : options.all_listeners())
        now.listeners.push_back(
            {each.name, from.server(section_of(each, options), each.options.tls, each.at)});
    now.status = from.server("status.tls", options.status.tls);
    now.admin = from.server("admin.tls", options.admin.tls);
    if (options.answer.address) now.answer = from.server("answer.tls", options.answer.tls);
    now.upstreams.push_back(from.upstream("upstream.tls", options.upstream));
    for (const auto& each : options.upstreams)
        now.upstreams.push_back(from.upstream("upstreams." + each.name + ".tls", each.options, each.at));
    now.fleet = from.fleet(options.fleet);
    tls_reading out{nullptr, from.take_problems(), std::move(digests)};
    if (!out.problems.empty()) return out;
    if (before != nullptr) keep_what_is_same(*before, now);
    out.found = std::make_shared<const tls_contents>(std::move(now));
    return out;
}

std::vector<std::string> tls_files_of(const config::config& options) {
    std::vector<std::string> out;
    for (const auto& each : options.all_listeners()) add_files(each.options.tls, out);
    add_files(options.status.tls.certificates, out);
    add_files(options.admin.tls.certificates, out);
    add_files(options.answer.tls, out);
    add_files(options.upstream, out);
    for (const auto& each : options.upstreams) add_files(each.options, out);
    if (config::is_tls_store(options.fleet.url)) add_files(options.fleet.tls, out);
    std::ranges::sort(out);
    out.erase(std::unique(out.begin(), out.end()), out.end());
    std::erase(out, "");
    return out;
}

bool has_same_tls(const config::config& a, const config::config& b) {
    const auto same_upstream = [](const config::named_upstream& x, const config::named_upstream& y) {
        return x.name == y.name && x.options.target.tls == y.options.target.tls &&
               x.options.tls == y.options.tls;
    };
    const auto same_listener = [](const config::named_listener& x, const config::named_listener& y) {
        return x.name == y.name && x.options.tls == y.options.tls;
    };
    return std::ranges::equal(a.all_listeners(), b.all_listeners(), same_listener) &&
           a.status.tls == b.status.tls && a.admin.tls == b.admin.tls && a.answer.tls == b.answer.tls &&
           a.answer.address.has_value() == b.answer.address.has_value() &&
           a.upstream.target.tls == b.upstream.target.tls && a.upstream.tls == b.upstream.tls &&
           std::ranges::equal(a.upstreams, b.upstreams, same_upstream) && a.fleet.url == b.fleet.url &&
           a.fleet.tls == b.fleet.tls;
}

}  // namespace gate::app
