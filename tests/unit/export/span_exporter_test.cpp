#include "record.hpp"

#include <gate/export/span_exporter.hpp>
#include <gate/telemetry/log_output.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>

#include <scripted_server.hpp>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

using namespace export_test;
using exporting::span_exporter;

namespace {

class rig {
public:
    explicit rig(std::vector<server_step> script) : collector(std::move(script)) {
        options.endpoint = "http://127.0.0.1:" + std::to_string(collector.port());
        fill(line);
    }

    span_exporter& exporter() {
        if (!made_) {
            made_ = std::make_unique<span_exporter>(
                exporting::exporter_setting{options, headers, nullptr, "1", 2}, events_);
            made_->start();
        }
        return *made_;
    }

    void send_one(unsigned worker = 0) {
        exporter().lane(worker).add(record(line), "");
        exporter().lane(worker).hand_over();
    }

    double metric(const std::string& name, const telemetry::label_list& labels = {}) {
        telemetry::metrics_snapshot all;
        exporter().collect(all);
        const auto* const found = all.find(name, labels);
        return found == nullptr ? -1 : static_cast<double>(std::get<std::uint64_t>(*found));
    }
    double exported() { return metric("gate_spans_exported_total"); }
    double dropped(std::string_view why) { return metric("gate_spans_dropped_total", {{"reason", why}}); }
    double failures(std::string_view why) {
        return metric("gate_span_export_failures_total", {{"reason", why}});
    }

    template <class Condition>
    static void wait_until(Condition holds) {
        const auto end = core::clock::now() + 60s;
        while (!holds()) {
            if (core::clock::now() > end) throw std::runtime_error("the condition did not come true in time");
            std::this_thread::sleep_for(1ms);
        }
    }

    scripted_server collector;
    config::otlp_options options;
    core::secret_string headers;
    telemetry::access_record line;

private:
    struct nowhere {
        int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        ~nowhere() { ::close(fd); }
    } null_;
    telemetry::log_output output_{null_.fd};
    telemetry::event_log events_{output_, {core::log_level::info, core::log_format::json}};
    std::unique_ptr<span_exporter> made_;
};

}  // namespace

TEST_CASE("spans of every worker are posted as JSON, with the fields of the operator") {
    rig r({say(response(200, "{}"))});
    r.headers = core::secret_string("X-Key=a%20b");
    r.send_one(0);
    r.send_one(1);
    rig::wait_until([&] { return r.exported() == 6; });
    const auto requests = r.collector.requests();
    REQUIRE_FALSE(requests.empty());
    CHECK(requests[0].starts_with("POST /v1/traces HTTP/1.1\r\n"));
    CHECK(requests[0].find("\r\nContent-Type: application/json\r\n") != std::string::npos);
    CHECK(requests[0].find("\r\nX-Key: a b\r\n") != std::string::npos);
    CHECK(requests[0].find("\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\"") != std::string::npos);
}

TEST_CASE("a User-Agent of the operator is sent in place of ours") {
    rig r({say(response(200, "{}"))});
    r.headers = core::secret_string("user-agent=theirs");
    r.send_one();
    rig::wait_until([&] { return r.exported() == 3; });
    const auto request = r.collector.requests().at(0);
    CHECK(request.find("\r\nuser-agent: theirs\r\n") != std::string::npos);
    CHECK(request.find("gate-sidecar/") == std::string::npos);
}

TEST_CASE("spans that the collector rejects of an accepted batch are counted as dropped") {
    rig r({say(response(200, R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"no"}})"))});
    r.send_one();
    rig::wait_until([&] { return r.exported() == 1; });
    CHECK(r.dropped("rejected") == 2);
}

TEST_CASE("a collector that rejects more than there was has rejected what there was") {
    rig r({say(response(200, R"({"partialSuccess":{"rejectedSpans":"18446744073709551615"}})"))});
    r.send_one();
    rig::wait_until([&] { return r.dropped("rejected") == 3; });
    CHECK(r.exported() == 0);
}

TEST_CASE("a refused batch is dropped, and not sent again") {
    rig r({say(response(400, "no"))});
    r.send_one();
    rig::wait_until([&] { return r.dropped("refused") == 3; });
    CHECK(r.failures("refused") == 1);
    CHECK(r.collector.requests().size() == 1);
}

TEST_CASE("a batch that may be retried is sent again later") {
    rig r({say(response(503, "")), say(response(200, ""))});
    r.send_one();
    rig::wait_until([&] { return r.exported() == 3; });
    CHECK(r.failures("throttled") == 1);
    CHECK(r.dropped("failed") == 0);
}

TEST_CASE("at the end what is left is sent, and flushed is flushed") {
    rig r({say(response(200, "{}"))});
    r.send_one();
    r.exporter().flush(core::clock::now() + 60s);
    rig::wait_until([&] { return r.exporter().is_flushed(); });
    CHECK(r.exported() == 3);
}

TEST_CASE("at the end a collector that never answers gets no more time than there is") {
    rig r({hang()});
    r.send_one();
    rig::wait_until([&] { return r.collector.connections() == 1; });
    r.exporter().flush(core::clock::now() + 100ms);
    rig::wait_until([&] { return r.exporter().is_flushed(); });
    CHECK(r.exported() == 0);
    CHECK(r.dropped("shutdown") == 3);
}

TEST_CASE("at the end nothing waits for a collector that wants to be left alone for longer") {
    rig r({say(response(503, "", "Retry-After: 100\r\n"))});
    r.send_one();
    rig::wait_until([&] { return r.failures("throttled") == 1; });
    r.exporter().flush(core::clock::now() + 60s);
    rig::wait_until([&] { return r.exporter().is_flushed(); });
    CHECK(r.dropped("shutdown") == 3);
}

TEST_CASE("an exporter may end without a flush, and with a call under way") {
    rig r({hang()});
    r.send_one();
    rig::wait_until([&] { return r.collector.connections() == 1; });
    r.exporter().stop();
    CHECK(r.dropped("shutdown") == 3);
}
