#!/usr/bin/python3
"""Writes yett.json, the dashboard, from the list below.

    deploy/grafana/dashboard.py > deploy/grafana/yett.json

A dashboard is some thousand lines of JSON of which a few say something: these. From top to bottom it answers what is asked
at three in the morning: does it serve, who is refused and why, can people sign in, do nodes know of each other's logouts, and
what do the machines say. The variables at its head are the job, and the nodes of it.
"""

import json

SOURCE = {"type": "prometheus", "uid": "${source}"}
NODES = 'job="$job",instance=~"$instance"'
COLUMNS = 24
COLOURS = {"2xx": "green", "3xx": "blue", "4xx": "yellow", "5xx": "red", "none": "gray", "ok": "green", "failed": "red"}


def quantile(of, name, by=""):
    return f"histogram_quantile({of}, sum by ({'le' + by}) (rate({name}_bucket{{{NODES}}}[$__rate_interval])))"


def rates(name, by, more=""):
    return f"sum by ({by}) (rate({name}{{{NODES}{more}}}[$__rate_interval]))"


def tile(title, expression, unit, bad, about, worse="above"):
    """One number; `bad` are the bounds from which it is yellow and red, "below" which when that is worse."""
    return {"title": title, "lines": [(expression, "")], "unit": unit, "type": "stat", "bad": bad, "worse": worse, "about": about}


def graph(title, lines, unit, about, stacked=False):
    """`lines` are pairs of expression and legend."""
    return {"title": title, "lines": lines, "unit": unit, "type": "timeseries", "stacked": stacked, "about": about}


ROWS = [
    ("Does it serve?", 4, [
        tile("Nodes up", f"sum(up{{{NODES}}})", "none", (1, 2), "Below the number of nodes you run, one is away.", "below"),
        tile("Requests", f"sum(rate(yett_requests_total{{{NODES}}}[$__rate_interval]))", "reqps", None, "All nodes together."),
        tile("Errors", f'(sum(rate(yett_requests_total{{{NODES},status="5xx"}}[5m])) or vector(0)) / sum(rate(yett_requests_total{{{NODES}}}[5m]))',
             "percentunit", (0.01, 0.05), "Replies with 5xx, the application's own among them."),
        tile("Revocations known", f"max(yett_revocations_age_seconds{{{NODES}}})", "s", (2.5, 4),
             "How long ago the slowest node knew every logout. At shared_state.max_staleness (5 s) requests are refused."),
        tile("Redis", f"min(yett_revocation_stream_connected{{{NODES}}})", "none", (0.5, 1), "1: every node is connected. 0: logouts take a second, limits are shares.",
             "below"),
        tile("Certificates last", f"min(yett_tls_certificate_expiry_timestamp_seconds{{{NODES}}}) - time()", "s", (2 * 86400, 14 * 86400),
             "Until the first certificate in use ends.", "below"),
    ]),
    ("Requests", 8, [
        graph("Requests by status", [(rates("yett_requests_total", "status"), "{{status}}")], "reqps",
              "none: the client had left before a reply began.", stacked=True),
        graph("Latency", [(quantile(q, "yett_request_duration_seconds"), f"p{name}") for q, name in ((0.5, "50"), (0.95, "95"), (0.99, "99"))], "s",
              "From the head of a request to the end of its reply, the application's time included."),
        graph("Errors by route", [(rates("yett_requests_total", "route", ',status="5xx"'), "{{route}}")], "reqps", "5xx."),
    ]),
    ("The application", 8, [
        graph("Outcome", [(rates("yett_upstream_requests_total", "upstream, result"), "{{upstream}} {{result}}")], "reqps",
              "unavailable: no connection; timeout: no reply in time; broken: what came was none; abandoned: the client left.", stacked=True),
        graph("Its latency", [(quantile(q, "yett_upstream_reply_duration_seconds", ", upstream"), f"{{{{upstream}}}} p{name}")
                              for q, name in ((0.5, "50"), (0.99, "99"))], "s", "From forwarding to the head of the reply."),
        graph("Connections to it", [(f"sum by (upstream, state) (yett_upstream_connections{{{NODES}}})", "{{upstream}} {{state}}"),
                                    (f"sum by (upstream) (yett_upstream_pending_requests{{{NODES}}})", "{{upstream}} waiting")], "none",
              "waiting: requests that found no free connection."),
    ]),
    ("Who is refused, and why?", 8, [
        graph("Credentials", [(rates("yett_auth_results_total", "reason", ',reason!~"ok|none"'), "{{reason}}")], "reqps",
              "token_untrusted: keys changed, or another issuer's. token_expired everywhere: a clock. token_revoked: logged out."),
        graph("Policies", [(rates("yett_policy_decisions_total", "outcome", ',outcome!="permitted"'), "{{outcome}}"),
                           (f"sum(rate(yett_policy_report_only_total{{{NODES}}}[$__rate_interval]))", "report only")], "reqps", "What rules refused."),
        graph("Limits", [(rates("yett_limiter_refused_total", "limit"), "{{limit}}")], "reqps",
              "All limits at once: a proxy is missing in trusted_proxies. login_account: somebody guesses."),
        graph("Not a request", [(rates("yett_framing_refusals_total", "code"), "{{code}}")], "reqps", "Bytes that did not become a request, by the reply's code."),
    ]),
    ("Can people sign in?", 8, [
        graph("Logins", [(rates("yett_accounts_total", "result", ',operation="login"'), "{{result}}")], "reqps",
              "refused: a wrong password. limited: too many of them. failed: ours.", stacked=True),
        graph("Refreshes", [(rates("yett_refreshes_total", "result"), "{{result}}")], "reqps", "replayed is benign; reused ended a session."),
        graph("Everything else about accounts", [(rates("yett_accounts_total", "operation, result", ',operation!~"login|refresh",result!="ok"'),
                                                  "{{operation}} {{result}}")], "reqps", "What was not ok."),
        graph("Password hashing", [(f"sum(yett_password_hash_queue_depth{{{NODES}}})", "waiting"), (f"sum(yett_password_hash_running{{{NODES}}})", "running"),
                                   (f"sum(rate(yett_password_hash_refused_total{{{NODES}}}[$__rate_interval]))", "refused a second")], "none",
              "Refused: the queue was full, or the wait too long."),
        graph("Letters", [(f"sum by (kind) (yett_mail_queue_depth{{{NODES}}})", "{{kind}} waiting"),
                          (rates("yett_mail_attempts_failed_total", "reason"), "failed a second: {{reason}}")], "none",
              "insecure: no STARTTLS, or a certificate that does not verify."),
    ]),
    ("The fleet: PostgreSQL and Redis", 8, [
        graph("Age of what is known of revocations", [(f"yett_revocations_age_seconds{{{NODES}}}", "{{instance}}")], "s",
              "Below 2 in normal days; it grows while PostgreSQL is away."),
        graph("Reads of PostgreSQL's log", [(rates("yett_revocation_reads_total", "instance, result"), "{{instance}} {{result}}")], "ops",
              "failed: PostgreSQL does not answer this node."),
        graph("Requests nobody could judge", [(rates("yett_stale_requests_total", "result"), "{{result}}")], "reqps",
              "refused: 503 because revocations were unknown for too long."),
        graph("Redis", [(f"yett_revocation_stream_connected{{{NODES}}}", "{{instance}} connected"),
                        (rates("yett_revocation_stream_total", "result"), "{{result}} a second")], "none",
              "missed: the stream may have lost something, and PostgreSQL was read."),
        graph("Where limits were counted", [(rates("yett_shared_limits_total", "place"), "{{place}}")], "reqps",
              "shared: in Redis. share: alone, without it. remembered: known to be full."),
        graph("Nodes that share limits", [(f"yett_shared_limits_nodes{{{NODES}}}", "{{instance}} knows of")], "none",
              "Each node's share is the limit divided by so many, when Redis is away."),
    ]),
    ("Connections", 8, [
        graph("Open", [(f"sum by (instance) (yett_connections{{{NODES}}})", "{{instance}}")], "none", "Of clients."),
        graph("New", [(rates("yett_connections_total", "instance"), "{{instance}}")], "cps", "Accepted."),
        graph("Refused and given up", [(rates("yett_connections_refused_total", "reason"), "refused: {{reason}}"),
                                       (rates("yett_clients_given_up_total", "reason"), "given up: {{reason}}")], "cps",
              "limit: client_limits.connections is reached."),
        graph("TLS handshakes", [(rates("yett_tls_handshakes_total", "version, result"), "{{version}} {{result}}")], "ops", "failed: scanners, as a rule."),
        graph("Certificates of clients refused", [(rates("yett_tls_client_certificates_refused_total", "reason"), "{{reason}}")], "ops",
              "crl_expired, crl_missing: client_crl_file is not up to date."),
        graph("WebSockets", [(f"sum(yett_websocket_open{{{NODES}}})", "open"), (rates("yett_websocket_closed_total", "reason"), "closed: {{reason}}")], "none",
              "What ended them first."),
    ]),
    ("The nodes", 8, [
        graph("CPU", [(f"rate(process_cpu_seconds_total{{{NODES}}}[$__rate_interval])", "{{instance}}")], "none", "In cores."),
        graph("Lateness of workers", [(quantile(0.99, "yett_event_loop_lag_seconds", ", instance"), "{{instance}} p99")], "s", "Above 0.1 s there is too little CPU."),
        graph("Memory", [(f"process_resident_memory_bytes{{{NODES}}}", "{{instance}}"), (f"sum by (instance) (yett_token_cache_bytes{{{NODES}}})", "{{instance}} tokens")],
              "bytes", "Resident; and of it, the cache of tokens."),
        graph("Files", [(f"process_open_fds{{{NODES}}} / process_max_fds{{{NODES}}}", "{{instance}}")], "percentunit", "Files and sockets, of those allowed."),
        graph("Token cache", [(f"sum(rate(yett_token_cache_hits_total{{{NODES}}}[$__rate_interval]))", "hits"),
                              (f"sum(rate(yett_token_cache_misses_total{{{NODES}}}[$__rate_interval]))", "misses"),
                              (f"sum(rate(yett_token_cache_evictions_total{{{NODES}}}[$__rate_interval]))", "evictions")], "ops", "Many evictions: tokens.cache.bytes."),
        graph("Log lines dropped", [(rates("yett_log_dropped_total", "instance, stream"), "{{instance}} {{stream}}")], "ops", "0, or the log is not whole."),
    ]),
    ("Certificates, and keys of other issuers", 8, [
        graph("Certificates end in", [(f"min by (file) (yett_tls_certificate_expiry_timestamp_seconds{{{NODES}}}) - time()", "{{file}}")], "s", "By file."),
        graph("Age of issuers' keys", [(f"max by (issuer) (yett_issuer_keys_age_seconds{{{NODES}}})", "{{issuer}}")], "s", "Since an issuer last confirmed them."),
        graph("Fetches of them", [(rates("yett_issuer_fetches_total", "issuer, result"), "{{issuer}} {{result}}")], "ops", "Empty where no issuer is configured."),
        graph("What is read anew", [(f"min by (instance) (yett_tls_certificates_last_read_successful{{{NODES}}})", "{{instance}} certificates"),
                                    (f"min by (instance) (yett_config_last_reload_successful{{{NODES}}})", "{{instance}} configuration")], "none", "0: what changed cannot be used."),
    ]),
]


def thresholds(panel):
    first, second = panel["bad"] or (None, None)
    if first is None:
        steps = [("green", None)]
    elif panel["worse"] == "above":
        steps = [("green", None), ("yellow", first), ("red", second)]
    else:
        steps = [("red", None), ("yellow", first), ("green", second)]
    return {"mode": "absolute", "steps": [{"color": colour, "value": value} for colour, value in steps]}


def field_config(panel):
    defaults = {"unit": panel["unit"], "min": 0}
    if panel["type"] == "stat":
        return {"defaults": {**defaults, "thresholds": thresholds(panel)}, "overrides": []}
    drawn = {"fillOpacity": 20 if panel["stacked"] else 0, "showPoints": "never", "stacking": {"mode": "normal" if panel["stacked"] else "none"}}
    colours = COLOURS if panel["stacked"] else {}
    overrides = [{"matcher": {"id": "byName", "options": name}, "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}]}
                 for name, colour in colours.items()]
    return {"defaults": {**defaults, "custom": drawn}, "overrides": overrides}


def panel_of(panel, number, place):
    targets = [{"datasource": SOURCE, "refId": chr(ord("A") + n), "expr": expression, "legendFormat": legend}
               for n, (expression, legend) in enumerate(panel["lines"])]
    options = {"stat": {"colorMode": "background", "reduceOptions": {"calcs": ["lastNotNull"]}},
               "timeseries": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}}}
    return {"id": number, "type": panel["type"], "title": panel["title"], "description": panel["about"], "datasource": SOURCE, "gridPos": place,
            "targets": targets, "fieldConfig": field_config(panel), "options": options[panel["type"]]}


def panels():
    """Rows from top to bottom, the panels of each beside one another, at most four in a line."""
    made, y = [], 0
    for title, height, row in ROWS:
        made.append({"id": len(made) + 1, "type": "row", "title": title, "collapsed": False, "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1}, "panels": []})
        y += 1
        in_a_line = len(row) if row[0]["type"] == "stat" else min(len(row), 3 if len(row) % 3 == 0 else 4 if len(row) % 4 == 0 else 3)
        for n, panel in enumerate(row):
            width = COLUMNS // in_a_line
            place = {"x": n % in_a_line * width, "y": y + n // in_a_line * height, "w": width, "h": height}
            made.append(panel_of(panel, len(made) + 1, place))
        y += -(-len(row) // in_a_line) * height
    return made


def variable(name, label, query, more):
    return {"name": name, "label": label, "type": "query", "datasource": SOURCE, "query": {"query": query, "refId": name}, "refresh": 2, "sort": 1, **more}


DASHBOARD = {
    "uid": "yett", "title": "Yett", "tags": ["yett"], "schemaVersion": 39, "editable": True, "graphTooltip": 1, "refresh": "15s",
    "time": {"from": "now-1h", "to": "now"},
    "templating": {"list": [
        {"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
        variable("job", "Job", "label_values(yett_build_info, job)", {}),
        variable("instance", "Node", 'label_values(yett_build_info{job="$job"}, instance)', {"multi": True, "includeAll": True, "allValue": ".*"}),
    ]},
    "annotations": {"list": [{"name": "Alerts", "enable": True, "iconColor": "red", "datasource": SOURCE,
                              "expr": 'ALERTS{alertstate="firing",alertname=~"Yett.*"}', "titleFormat": "{{alertname}}"}]},
    "panels": panels(),
}

if __name__ == "__main__":
    print(json.dumps(DASHBOARD, indent=1))
