// What becomes of files under `tls` that change while the program runs.
#include "temporary_directory.hpp"

#include <gate/app/configuration.hpp>
#include <gate/telemetry/exposition.hpp>
#include <gate/telemetry/log_output.hpp>
#include <gate/telemetry/metrics.hpp>

#include <certificates.hpp>
#include <cstdio>
#include <memory>
#include <sstream>

using namespace gate;
using app::configuration;

namespace {

const std::string base = "gate: {base_url: 'http://127.0.0.1:1'}\n";

struct reloaded {
    temporary_directory temporary;
    std::unique_ptr<FILE, int (*)(FILE*)> log{std::fopen((temporary.path() / "log").c_str(), "w"),
                                              std::fclose};
    telemetry::log_output output{::fileno(log.get())};
    telemetry::event_log events{output, {core::log_level::info, core::log_format::text}};
    telemetry::metrics metrics{1};
    std::unique_ptr<configuration> subject;

    std::string path(const std::string& name) const { return (temporary.path() / name).string(); }
    void put(const std::string& name, const certificate& pair) const {
        write(path(name + ".crt"), pair.pem);
        write(path(name + ".key"), pair.key_pem);
    }
    std::string pair(const std::string& name) const {
        return "certificates: [{cert_file: '" + path(name + ".crt") + "', key_file: '" + path(name + ".key") +
               "'}]";
    }
    std::string listener(const std::string& name, const std::string& more = {}) const {
        return base + "listener: {tls: {" + pair(name) + more + "}}\n";
    }

    config::loaded start(const std::string& text) {
        app::started_with with;
        with.input.file = "c.yaml";
        with.input.environment = [](std::string_view name) -> std::optional<std::string> {
            if (name == "FOIL_SECRET_KEY") return "sk_test_one";
            return std::nullopt;
        };
        with.text = text;
        with.loaded = config::load_text("c.yaml", text, with.input);
        with.tls = app::check_tls_files(with.loaded, "c.yaml").found;
        auto out = with.loaded;
        if (with.tls) {
            subject = std::make_unique<configuration>(std::move(with), 1, events, metrics.names);
            metrics.add(*subject);
        }
        return out;
    }
    app::reload_outcome reload(const std::string& text) {
        auto next = subject->consider(app::config_watch::content(text));
        if (next) return subject->accept(std::move(*next));
        if (const auto renewed = subject->renew_certificates()) subject->accept_certificates(*renewed);
        return subject->refusal();
    }
    const net::tls_certificate& served() const {
        return subject->tls_files()->of_listener("proxy")->certificates.at(0);
    }
    std::string exposition() { return telemetry::prometheus_text(metrics.read()); }
    bool has_metric(const std::string& line) {
        return exposition().find("\n" + line + "\n") != std::string::npos;
    }
    std::string logged() {
        output.flush();
        std::ostringstream text;
        text << std::ifstream(temporary.path() / "log").rdbuf();
        return text.str();
    }
    bool has_logged(const std::string& text) { return logged().find(text) != std::string::npos; }
};

}  // namespace

TEST_CASE_METHOD(reloaded,
                 "at the start, a file that is wrong is a problem of the configuration, with its place") {
    put("a", make_self_signed("P-256", "DNS:a"));
    write(path("a.key"), "nothing");
    const auto got = start(base + "listener:\n  tls:\n    " + pair("a") + "\n    ciphers: NONE-SUCH\n");
    REQUIRE(got.problems.size() == 2);
    CHECK(to_string(got.problems[0]) == "c.yaml:4:19: listener.tls.certificates[0]: " + path("a.key") +
                                            ": holds no private key in PEM (-----BEGIN PRIVATE KEY-----)");
    CHECK(to_string(got.problems[1]) ==
          "c.yaml:5:14: listener.tls.ciphers: 'NONE-SUCH' is no cipher of TLS 1.2 that OpenSSL knows");
}

TEST_CASE_METHOD(reloaded,
                 "at the start, a wrong file for the store of the fleet is a problem with its place") {
    write(path("ca.crt"), "nothing");
    write(path("key"), std::string(44, 'k'));
    const auto got = start(base + "fleet:\n  url: rediss://store\n  key_file: '" + path("key") +
                           "'\n  tls: {ca_file: '" + path("ca.crt") + "'}\n");
    REQUIRE(got.problems.size() == 1);
    CHECK(to_string(got.problems[0]).starts_with("c.yaml:5:18: fleet.tls.ca_file: " + path("ca.crt") + ": "));
}

TEST_CASE_METHOD(reloaded, "another certificate for the store of the fleet is reloaded like others") {
    const auto text = base + "fleet: {url: 'rediss://store', key_file: '" + path("key") +
                      "', tls: {client_cert_file: '" + path("f.crt") + "', client_key_file: '" +
                      path("f.key") + "'}}\n";
    put("f", make_self_signed("P-256", "DNS:f"));
    write(path("key"), std::string(44, 'k'));
    REQUIRE(start(text).ok());
    const auto before = subject->tls_files()->fleet;
    REQUIRE(before);
    CHECK(exposition().find("tls_certificate_not_after_seconds{use=\"fleet\",certificate=\"f\"") !=
          std::string::npos);
    CHECK(reload(text).generation == 1);
    CHECK(subject->tls_files()->fleet == before);
    put("f", make_self_signed("P-256", "DNS:f"));
    const auto told = reload(text);
    const auto& now = subject->tls_files()->fleet;
    CHECK(now->own->sha256 != before->own->sha256);
    CHECK(told.changes ==
          std::vector<std::string>{"the certificate of fleet f (SHA-256 " + now->own->sha256 + ")"});
    write(path("f.key"), "nothing");
    CHECK_FALSE(reload(text).succeeded());
    CHECK(subject->tls_files()->fleet == now);
}

TEST_CASE_METHOD(reloaded, "another pair in the same files takes the place of the one before") {
    put("a", make_self_signed("P-256", "DNS:a"));
    REQUIRE(start(listener("a")).ok());
    const auto before = served().sha256;
    put("a", make_self_signed("P-256", "DNS:a"));
    const auto told = reload(listener("a"));
    CHECK(told.succeeded());
    CHECK(told.generation == 2);
    CHECK(served().sha256 != before);
    CHECK(told.changes ==
          std::vector<std::string>{"the certificate of listener a (SHA-256 " + served().sha256 + ")"});
    CHECK(has_metric("config_reloads_total{what=\"certificate\",result=\"success\"} 1"));
}

TEST_CASE_METHOD(reloaded, "files with the same content stay the same object") {
    put("a", make_self_signed("P-256", "DNS:a"));
    REQUIRE(start(listener("a")).ok());
    const auto before = subject->tls_files();
    CHECK(reload(listener("a")).generation == 1);
    CHECK(subject->tls_files() == before);
    const auto proxy = before->of_listener("proxy");
    put("s", make_self_signed("RSA-2048", "DNS:s"));
    REQUIRE(reload(listener("a", ", strict_sni: true")).generation == 2);
    CHECK(subject->tls_files()->of_listener("proxy") != proxy);
    CHECK(subject->tls_files()->of_listener("proxy")->strict_sni);
}

TEST_CASE_METHOD(reloaded, "a bad pair keeps the old one, and does not keep the rest of the file waiting") {
    const auto good = make_self_signed("P-256", "DNS:a");
    put("a", good);
    REQUIRE(start(listener("a")).ok());
    const auto before = subject->tls_files();
    write(path("a.crt"), make_self_signed("P-256", "DNS:a").pem);
    const auto told = reload(listener("a") + "auth: {mode: optional}\n");
    CHECK(told.accepted);
    CHECK_FALSE(told.succeeded());
    CHECK(told.certificate_problem.find("a.key: is not the key of the certificate in ") != std::string::npos);
    CHECK(subject->tls_files() == before);
    CHECK(subject->options().auth.mode == config::auth_mode::optional);
    CHECK(subject->trouble() == told.certificate_problem);
    CHECK(has_metric("config_reloads_total{what=\"certificate\",result=\"failure\"} 1"));
    CHECK(has_metric("config_last_reload_successful{what=\"certificate\"} 0"));
    CHECK(has_metric("config_reloads_total{what=\"config\",result=\"success\"} 1"));
    CHECK(has_logged("the certificates were not reloaded: the last good ones stay in force"));

    put("a", good);
    CHECK(reload(listener("a") + "auth: {mode: optional}\n").succeeded());
    CHECK(subject->trouble().empty());
    CHECK(has_metric("config_last_reload_successful{what=\"certificate\"} 1"));
}

TEST_CASE_METHOD(reloaded, "a file that is refused does not keep certificates that have been renewed out") {
    put("a", make_self_signed("P-256", "DNS:a"));
    REQUIRE(start(listener("a")).ok());
    const auto before = served().sha256;
    put("a", make_self_signed("P-256", "DNS:a"));
    const auto told = reload(listener("a") + "nonsense: 1\n");
    CHECK_FALSE(told.accepted);
    CHECK(told.generation == 1);
    CHECK(served().sha256 != before);
    CHECK(has_metric("config_reloads_total{what=\"certificate\",result=\"success\"} 1"));
    CHECK(has_metric("config_last_reload_successful{what=\"config\"} 0"));
    CHECK(has_logged("the certificates were reloaded, although the configuration was not"));
    CHECK(subject->trouble().find("nonsense") != std::string::npos);
}

TEST_CASE_METHOD(reloaded, "while a file is refused, a bad pair changes nothing, and is told") {
    const auto good = make_self_signed("P-256", "DNS:a");
    put("a", good);
    REQUIRE(start(listener("a")).ok());
    const auto before = served().sha256;
    write(path("a.key"), "nothing");
    CHECK_FALSE(reload(listener("a") + "nonsense: 1\n").accepted);
    CHECK(served().sha256 == before);
    CHECK(has_metric("config_reloads_total{what=\"certificate\",result=\"failure\"} 1"));
    write(path("a.key"), good.key_pem);
    CHECK_FALSE(reload(listener("a") + "nonsense: 1\n").accepted);
    CHECK(has_metric("config_last_reload_successful{what=\"certificate\"} 1"));
}

TEST_CASE_METHOD(reloaded, "files for which a configuration is refused are read once") {
    put("a", make_self_signed("P-256", "DNS:a"));
    REQUIRE(start(listener("a")).ok());
    CHECK_FALSE(reload(listener("none")).accepted);
    CHECK(has_metric("config_reloads_total{what=\"certificate\",result=\"failure\"} 1"));
    CHECK(has_metric("config_reloads_total{what=\"certificate\",result=\"success\"} 0"));
}

TEST_CASE_METHOD(reloaded, "where what is under tls changes, too, bad files refuse all of it") {
    put("a", make_self_signed("P-256", "DNS:a"));
    REQUIRE(start(listener("a")).ok());
    const auto told = reload(listener("none") + "auth: {mode: optional}\n");
    CHECK_FALSE(told.accepted);
    REQUIRE(told.problems.size() == 1);
    CHECK(told.problems[0] == "c.yaml:2:32: listener.tls.certificates[0]: " + path("none.crt") +
                                  ": cannot be read: No such file or directory");
    CHECK(subject->options().auth.mode == config::auth_mode::required);
    CHECK(has_metric("config_reloads_total{what=\"certificate\",result=\"failure\"} 1"));
    CHECK(has_metric("config_reloads_total{what=\"config\",result=\"failure\"} 1"));
    // So that it is seen when it comes.
    const auto files = subject->further_files();
    CHECK(std::find(files.begin(), files.end(), path("none.crt")) != files.end());
}

TEST_CASE_METHOD(reloaded, "all listeners' files are taken together, or none") {
    put("a", make_self_signed("P-256", "DNS:a"));
    put("s", make_self_signed("P-256", "DNS:s"));
    const auto text = listener("a") + "status: {tls: {" + pair("s") + "}}\n";
    REQUIRE(start(text).ok());
    const auto before = subject->tls_files();
    put("a", make_self_signed("P-256", "DNS:a"));
    write(path("s.key"), "");
    CHECK_FALSE(reload(text).succeeded());
    CHECK(subject->tls_files() == before);
}

TEST_CASE_METHOD(reloaded, "an expired pair is served with an error, and a further one may take its place") {
    put("a", make_self_signed("P-256", "DNS:a", -60));
    REQUIRE(start(listener("a")).ok());
    CHECK(has_logged("a certificate in use has expired"));
    put("a", make_self_signed("P-256", "DNS:a", -30));
    CHECK(reload(listener("a")).succeeded());
}

TEST_CASE_METHOD(reloaded, "an expired pair does not take the place of one in date") {
    put("a", make_self_signed("P-256", "DNS:a"));
    REQUIRE(start(listener("a")).ok());
    const auto before = subject->tls_files();
    put("a", make_self_signed("P-256", "DNS:a", -60));
    const auto told = reload(listener("a"));
    CHECK_FALSE(told.succeeded());
    CHECK(told.certificate_problem.find(
              "the new certificate of listener a has expired, and the one in use has not") !=
          std::string::npos);
    CHECK(subject->tls_files() == before);
}

TEST_CASE_METHOD(reloaded,
                 "authorities and ticket keys are reloaded, too, and a bad file of theirs changes nothing") {
    put("a", make_self_signed("P-256", "DNS:a"));
    write(path("ca"), make_ca("one").pem);
    write(path("tickets"), std::string(107, 'A') + "=\n");
    const auto text = listener("a", ", client_auth: required, client_ca_file: '" + path("ca") +
                                        "', ticket_key_file: '" + path("tickets") + "'");
    REQUIRE(start(text).ok());
    write(path("ca"), make_ca("two").pem);
    CHECK(reload(text).changes == std::vector<std::string>{"the content of listener.tls.client_ca_file"});
    write(path("tickets"), "AAAA" + std::string(103, 'B') + "=\n");
    CHECK(reload(text).changes == std::vector<std::string>{"the content of listener.tls.ticket_key_file"});
    const auto before = subject->tls_files();
    write(path("tickets"), "short");
    CHECK_FALSE(reload(text).succeeded());
    write(path("tickets"), std::string(107, 'A') + "=\n");
    write(path("ca"), "");
    CHECK_FALSE(reload(text).succeeded());
    CHECK(subject->tls_files() == before);
    CHECK(has_metric("config_reloads_total{what=\"certificate\",result=\"failure\"} 2"));
}

TEST_CASE_METHOD(reloaded, "the gauge tells when each certificate ends, and the earliest of equal labels") {
    put("a", make_self_signed("P-256", "DNS:a.example", 5000));
    put("b", make_self_signed("P-256", "DNS:a.example", 1000));
    put("s", make_self_signed("RSA-2048", "DNS:s.example", 1000));
    const auto both = "certificates: [{cert_file: '" + path("a.crt") + "', key_file: '" + path("a.key") +
                      "'}, {cert_file: '" + path("b.crt") + "', key_file: '" + path("b.key") + "'}]";
    REQUIRE(start(base + "listener: {tls: {" + both + "}}\nadmin: {tls: {" + pair("s") + "}}\n").ok());
    const auto end_of = [&](const net::tls_certificate& of) {
        return std::to_string(of.not_after.time_since_epoch().count());
    };
    const auto text = exposition();
    INFO(text);
    const auto& second = subject->tls_files()->of_listener("proxy")->certificates.at(1);
    const auto& admin = subject->tls_files()->admin->certificates.at(0);
    CHECK(has_metric(
        "tls_certificate_not_after_seconds{use=\"listener\",certificate=\"a.example\",key=\"ecdsa\"} " +
        end_of(second)));
    CHECK(
        has_metric("tls_certificate_not_after_seconds{use=\"admin\",certificate=\"s.example\",key=\"rsa\"} " +
                   end_of(admin)));
}
