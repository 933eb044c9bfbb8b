#include <gate/app/certificate_dates.hpp>

#include <algorithm>

namespace gate::app {

using std::chrono::seconds;
using std::chrono::sys_seconds;

seconds certificate_dates::look(const tls_contents& in_use, sys_seconds now) {
    auto next = now + longest_wait;
    decltype(told_) told;
    for (const auto& each : all_certificates(in_use)) {
        const auto& certificate = *each.certificate;
        if (certificate.is_in_date(now)) {
            next = std::min(next, certificate.not_after + seconds(1));
            continue;
        }
        const std::pair key(std::string(each.use), certificate.sha256);
        const auto before = told_.find(key);
        const bool is_due = before == told_.end() || now - before->second >= told_again_after;
        if (is_due && !told.contains(key)) tell(each, now);
        told.emplace(key, is_due ? now : before->second);
    }
    told_ = std::move(told);
    return next - now;
}

// Refusing to serve it would not help: some clients may not look at the date.
void certificate_dates::tell(const used_certificate& of, sys_seconds now) const {
    const auto& certificate = *of.certificate;
    const bool has_expired = certificate.not_after < now;
    const auto since = has_expired ? certificate.not_after : certificate.not_before;
    const auto shown = std::min(since.time_since_epoch().count(), std::int64_t{253402300799});
    events_.error(has_expired ? "a certificate in use has expired" : "a certificate in use is not valid yet",
                  {{"use", of.use},
                   {"certificate", certificate.first_name},
                   {has_expired ? "not_after" : "not_before", shown},
                   {"sha256", certificate.sha256}});
}

}  // namespace gate::app
