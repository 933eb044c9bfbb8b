#!/usr/bin/env python3
"""make_dashboard.py - prints config/monitoring/gate-sidecar.dashboard.json, Grafana's dashboard of the sidecar.

`./run dashboard` writes the file. A panel is one line below: its title, its unit, and its expressions with their legends.
"""
import json
import sys

OF = '{job=~"$job", instance=~"$instance"}'
TIME, COUNT, RATE, SHARE, BYTES = "s", "short", "reqps", "percentunit", "bytes"


def with_labels(labels=""):
    return OF[:-1] + (", " + labels if labels else "") + "}"


def rate(name, labels="", by=""):
    return "sum%s (rate(%s%s[$__rate_interval]))" % (" by (%s)" % by if by else "", name, with_labels(labels))


def total(name, labels="", by=""):
    return "sum%s (%s%s)" % (" by (%s)" % by if by else "", name, with_labels(labels))


def most(name, labels="", by=""):
    return "max%s (%s%s)" % (" by (%s)" % by if by else "", name, with_labels(labels))


def quantile(share, name, labels=""):
    return "histogram_quantile(%s, %s)" % (share, rate(name + "_bucket", labels, "le"))


SERVER, CLIENT = "http_server_request_duration_seconds", "http_client_request_duration_seconds"
QUANTILES = (("0.5", "median"), ("0.95", "95 %"), ("0.99", "99 %"))

ROWS = [
    ("Traffic", [
        ("Requests", RATE, [(rate(SERVER + "_count", by="http_response_status_code"), "{{http_response_status_code}}")]),
        ("Requests under way", COUNT, [(total("http_server_active_requests"), "requests")]),
        ("Bytes", "Bps", [(rate("http_server_request_bytes_total"), "from clients"), (rate("http_server_response_bytes_total"), "to clients")]),
    ]),
    ("Latency and overhead", [
        ("Whole request", TIME, [(quantile(share, SERVER), name) for share, name in QUANTILES]),
        ("The API", TIME, [(quantile(share, CLIENT, 'peer="upstream"'), name) for share, name in QUANTILES]),
        ("Calls to Gate", TIME, [(quantile(share, CLIENT, 'peer="gate"'), name) for share, name in QUANTILES]),
        ("What the sidecar adds to a request", TIME, [(quantile(share, "gate_overhead_seconds"), name) for share, name in QUANTILES]),
        ("Mean time outside of the API", TIME, [
            ("(%s - %s) / %s" % (rate(SERVER + "_sum"), rate(CLIENT + "_sum", 'peer="upstream"'), rate(SERVER + "_count")),
             "sidecar, Gate and the client's own speed")]),
    ]),
    ("Decisions", [
        ("Verdicts", RATE, [(rate("gate_decisions_total", by="verdict"), "{{verdict}}")]),
        ("Allowed, by reason", RATE, [(rate("gate_decisions_total", 'verdict="allow"', "reason"), "{{reason}}")]),
        ("Denied, by reason", RATE, [(rate("gate_decisions_total", 'verdict="deny"', "reason"), "{{reason}}")]),
        ("Not verified, by reason", RATE, [(rate("gate_decisions_total", 'verdict="unavailable"', "reason"), "{{reason}}")]),
        ("Other failures, by reason", RATE, [(rate("gate_request_failures_total", by="reason"), "{{reason}}")]),
        ("Identity fields removed", COUNT, [(rate("gate_headers_stripped_total"), "fields per second")]),
    ]),
    ("Cache and budget", [
        ("Cache look-ups", RATE, [(rate("gate_cache_lookups_total", by="result"), "{{result}}")]),
        ("Tokens in the caches", COUNT, [(total("gate_cache_entries", by="kind"), "{{kind}}")]),
        ("Calls to Gate, by result", RATE, [(rate("gate_verify_calls_total", by="result"), "{{result}}")]),
        ("Age of the answers that are used", TIME, [(quantile(share, "gate_token_age_seconds"), name) for share, name in QUANTILES]),
        ("Calls to Gate in a minute, by lane", COUNT, [
            ("60 * " + rate("gate_governor_calls_total", by="lane"), "{{lane}}"), (most("gate_budget_limit"), "limit")]),
        ("Budget of calls", COUNT, [("min(gate_budget_remaining%s >= 0)" % OF, "left, as Gate said last"), (most("gate_budget_limit"), "limit")]),
        ("Verifications that could not call Gate", RATE, [(rate("gate_governor_refusals_total", by="lane"), "{{lane}}")]),
        ("Circuit open", COUNT, [(most("gate_circuit_open", by="lane"), "{{lane}}")]),
        ("Verifications under way", COUNT, [(total("gate_verify_inflight"), "calls"), (total("gate_verify_waiting"), "waiting tokens")]),
        ("Since Gate last answered", TIME, [("time() - %s" % most("gate_verify_last_success_timestamp_seconds"), "age")]),
        ("Revocations here", COUNT, [(total("gate_revocations_total", by="result"), "{{result}}")]),
    ]),
    ("Fleet (where replicas share a store)", [
        ("Replicas", COUNT, [(total("gate_fleet_connected"), "connected to the store"), (most("gate_fleet_replicas"), "that the store knows of")]),
        ("Commands to the store, by result", RATE, [(rate("gate_fleet_operations_total", by="result"), "{{result}}")]),
        ("Commands to the store", TIME, [(quantile(share, "gate_fleet_operation_duration_seconds"), name) for share, name in QUANTILES]),
        ("Messages", RATE, [(rate("gate_fleet_events_total", by="kind, direction"), "{{kind}}, {{direction}}")]),
        ("Age of the newest message on arrival", TIME, [(most("gate_fleet_lag_seconds"), "age")]),
        ("Rejected", RATE, [(rate("gate_fleet_rejected_total", by="what"), "{{what}}"),
                            (rate("gate_fleet_clock_skew_total"), "used for a shorter time: clocks differ")]),
    ]),
    ("Streams and connections", [
        ("Connections from clients", COUNT, [(total("downstream_connections", by="state"), "{{state}}")]),
        ("Connections to the API", COUNT, [(total("upstream_connections", by="state"), "{{state}}")]),
        ("Idle connections closed for new ones", COUNT, [(rate("downstream_connections_evicted_total"), "per second")]),
        ("Requests sent to the API again", RATE, [(rate("upstream_retries_total"), "retries")]),
        ("Streams ended", RATE, [(rate("gate_streams_ended_total", by="reason"), "{{reason}}")]),
        ("TLS handshakes (listeners with TLS)", RATE, [(rate("tls_handshakes_total", by="result"), "{{result}}")]),
    ]),
    ("Process", [
        ("CPU", COUNT, [("rate(process_cpu_seconds_total%s[$__rate_interval])" % OF, "{{instance}}")]),
        ("Resident memory", BYTES, [("process_resident_memory_bytes" + OF, "{{instance}}")]),
        ("Open files, of those allowed", SHARE, [("process_open_fds%s / process_max_fds%s" % (OF, OF), "{{instance}}")]),
        ("Threads", COUNT, [("process_threads" + OF, "{{instance}}")]),
        ("Log lines lost", COUNT, [(rate("log_lines_dropped_total"), "per second")]),
        ("Spans (where they are exported)", RATE, [(rate("gate_spans_exported_total"), "exported"),
                                                   (rate("gate_spans_dropped_total", by="reason"), "dropped: {{reason}}"),
                                                   (rate("gate_span_export_failures_total", by="reason"), "failed calls: {{reason}}")]),
        ("Since the collector last took spans", TIME, [
            ("time() - (%s > 0)" % most("gate_span_export_last_success_timestamp_seconds"), "age")]),
        ("Last reload succeeded", COUNT, [("min by (what) (config_last_reload_successful%s)" % OF, "{{what}}")]),
        ("Generation of the configuration", COUNT, [("gate_config_generation" + OF, "{{instance}}")]),
        ("Accounts blocked", COUNT, [(most("gate_blocked_accounts", by="source"), "{{source}}")]),
        ("Certificates valid for", TIME, [("min by (use, certificate) (tls_certificate_not_after_seconds%s - time())" % OF,
                                           "{{use}}: {{certificate}}")]),
        ("Key refused, shadow mode, restart needed", COUNT, [
            (most("gate_key_refused"), "key refused"), (most("gate_shadow_mode"), "shadow mode"),
            (most("gate_config_restart_needed"), "restart needed")]),
        ("Version", COUNT, [("count by (version, revision) (build_info%s)" % OF, "{{version}} ({{revision}})")]),
    ]),
]

SOURCE = {"type": "prometheus", "uid": "${source}"}
WIDTH, PER_ROW, HEIGHT = 24, 3, 7


def panel(number, at, title, unit, queries):
    return {
        "id": number, "type": "timeseries", "title": title, "datasource": SOURCE, "gridPos": at,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0, "custom": {"fillOpacity": 10, "showPoints": "never"}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}},
        "targets": [{"refId": chr(ord("A") + i), "datasource": SOURCE, "expr": expr, "legendFormat": legend}
                    for i, (expr, legend) in enumerate(queries)],
    }


def panels():
    number, top = 0, 0
    for title, row in ROWS:
        number += 1
        yield {"id": number, "type": "row", "title": title, "collapsed": False, "panels": [],
               "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1}}
        top += 1
        for i, (name, unit, queries) in enumerate(row):
            number += 1
            width = WIDTH // PER_ROW
            at = {"x": i % PER_ROW * width, "y": top + i // PER_ROW * HEIGHT, "w": width, "h": HEIGHT}
            yield panel(number, at, name, unit, queries)
        top += -(-len(row) // PER_ROW) * HEIGHT


def variable(name, label, query):
    return {"name": name, "label": label, "type": "query", "datasource": SOURCE, "query": {"query": query, "refId": name},
            "definition": query, "refresh": 2, "includeAll": True, "multi": True, "allValue": ".*", "sort": 1,
            "current": {"text": "All", "value": "$__all"}}


def annotation(name, colour, title, expr):
    return {"name": name, "datasource": SOURCE, "enable": True, "iconColor": colour, "expr": expr, "titleFormat": title}


def dashboard():
    return {
        "uid": "gate-sidecar", "title": "gate-sidecar", "schemaVersion": 38, "version": 1, "editable": True, "refresh": "30s",
        "tags": ["gate-sidecar"], "time": {"from": "now-1h", "to": "now"}, "timezone": "", "graphTooltip": 1,
        "templating": {"list": [
            {"name": "source", "label": "Source", "type": "datasource", "query": "prometheus", "current": {}},
            variable("job", "Job", "label_values(gate_config_generation, job)"),
            variable("instance", "Instance", 'label_values(gate_config_generation{job=~"$job"}, instance)'),
        ]},
        "annotations": {"list": [
            annotation("Reloads", "blue", "new configuration", "changes(gate_config_generation%s[1m]) > 0" % OF),
            annotation("Blocks", "red", "blocked accounts changed", "changes(gate_block_changes_total%s[1m]) > 0" % OF)]},
        "panels": list(panels()),
    }


if __name__ == "__main__":
    json.dump(dashboard(), sys.stdout, indent=1)
    print()
