// What a configuration has in further files: TLS to Gate, and what is under `tls`.
#include <gate/app/configuration.hpp>
#include <gate/app/file_digest.hpp>
#include <gate/app/joined.hpp>
#include <gate/client/tls.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace gate::app {

// Rule 17. The context in force stays while the file's content does: with it the connections under it.
void configuration::make_tls(candidate& of) const {
    const auto& gate = of.loaded.value.gate;
    if (!gate.base_url.tls) return;
    of.tls = tls_;
    of.tls_digest = digest_of_file(gate.ca_file);
    if (gate.ca_file == options().gate.ca_file && of.tls_digest == tls_digest_) return;
    const auto made = client::make_tls_context(gate.ca_file);
    if (made) {
        of.tls = *made;
    } else {
        of.loaded.problems.push_back(
            {input_.file.value_or("configuration"), "gate.ca_file: " + made.error().message(), {}});
    }
}

// Where nothing else under `tls` is different, the rest of the file must not wait for good files.
void configuration::read_tls_files(candidate& of) {
    auto got = certificates_.read(of.loaded, input_.file.value_or("configuration"));
    digests_ = std::move(got.digests);
    of.tls_files = std::move(got.found);
    if (of.tls_files) return;
    certificates_.fail(got.problems, snapshot_->generation);
    if (has_same_tls(options(), of.loaded.value)) {
        of.tls_files = certificates_.in_force();
        of.certificate_problem = certificates_.trouble();
    } else {
        std::ranges::move(got.problems, std::back_inserter(of.loaded.problems));
    }
}

// A file that is refused must not keep certificates in use until they expire.
std::optional<configuration::candidate> configuration::renew_certificates() {
    if (!digests_.empty()) return std::nullopt;  // they are what it was refused for
    candidate out;
    out.loaded = loaded_;
    out.loaded.value = options();
    auto got = certificates_.read(out.loaded, input_.file.value_or("configuration"));
    digests_ = std::move(got.digests);
    if (!got.found) {
        certificates_.fail(got.problems, snapshot_->generation);
        return std::nullopt;
    }
    if (got.found == certificates_.in_force()) {
        certificates_.take(got.found);
        return std::nullopt;
    }
    out.snapshot = snapshot_;
    out.tls = tls_;
    out.tls_files = std::move(got.found);
    return out;
}

void configuration::accept_certificates(const candidate& renewed) {
    const auto changes = tls_changes(*certificates_.in_force(), *renewed.tls_files);
    certificates_.take(renewed.tls_files);
    events_.info("the certificates were reloaded, although the configuration was not",
                 {{"gate.config_generation", snapshot_->generation}, {"changes", joined(changes, "; ")}});
}

}  // namespace gate::app
