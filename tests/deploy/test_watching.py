"""What an operator watches: alerts, recorded series and the dashboard ask for nothing that Yett does not serve."""

import json
import re
import shutil
import subprocess

import pytest
import requests
import yaml

import expressions
import harness
from clients import sign_in
from test_issuers import Issuer, Key, settings_of

PROMETHEUS, GRAFANA = harness.ROOT / "deploy/prometheus", harness.ROOT / "deploy/grafana"
DOCUMENT = (harness.ROOT / "docs/operations.md").read_text()
RULES = [rule for group in yaml.safe_load((PROMETHEUS / "yett.rules.yaml").read_text())["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}
RECORDED = {rule["record"]: rule["expr"] for rule in RULES if "record" in rule}
DASHBOARD = json.loads((GRAFANA / "yett.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TESTS = [PROMETHEUS / "yett.rules.test.yaml", PROMETHEUS / "yett.rules.days.test.yaml"]
PROMTOOL = pytest.mark.skipif(not shutil.which("promtool"), reason="prometheus is not installed")


@pytest.fixture(scope="module")
def served(fleet, nodes, echo, tmp_path_factory):
    """What the fleet has at /metrics after people were there, and a gateway with another issuer and an upstream that is not verified."""
    sign_in(fleet, nodes[0], "watched@example.com")
    issuer = Issuer()
    issuer.keys = [Key("one")]
    unverified = {"servers": ["https://127.0.0.1:1"], "tls": {"insecure_skip_verify": True}}
    other = harness.settings(echo.port, tokens={"issuers": [settings_of(issuer)]}, upstreams={"unverified": unverified})
    with harness.Gateway(tmp_path_factory.mktemp("issuer"), other) as gateway:
        harness.wait_until(lambda: gateway.metric("yett_issuer_keys_age_seconds") is not None, what="the issuer's keys")
        pages = [node.metrics() for node in nodes] + [gateway.metrics()]
    issuer.stop()
    found = {}
    for page in pages:
        for name, series in expressions.series_of(page).items():
            found.setdefault(name, []).extend(series)
    return found


def expressions_of(panel):
    return [target["expr"] for target in panel["targets"]]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.get("alert") or rule["record"])
def test_a_rule_asks_for_what_is_served(served, rule):
    assert not list(expressions.complaints(rule["expr"], served, RECORDED))


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_asks_for_what_is_served(served, panel):
    assert not [what for each in expressions_of(panel) for what in expressions.complaints(each, served, RECORDED)]


@pytest.mark.parametrize("wrong, what", [
    ("rate(yett_request_total[5m])", "yett_request_total is served by nobody"),
    ('yett_requests_total{status="500"}', "yett_requests_total has no status of 500"),
    ('yett_requests_total{code="5xx"}', "yett_requests_total has no label code"),
    ('yett_upstream_requests_total{result=~"timeout|refused"}', "yett_upstream_requests_total has no result of refused"),
    ("sum by (path) (rate(yett_requests_total[5m]))", "path is a label of none of them"),
    ("histogram_quantile(0.9, rate(yett_request_duration_bucket[5m]))", "yett_request_duration_bucket is served by nobody"),
    ("job:nothing:rate5m > 1", "job:nothing:rate5m is served by nobody"),
])
def test_what_is_not_served_is_found(served, wrong, what):
    assert list(expressions.complaints(wrong, served, RECORDED)) == [what]


def named_in_the_document():
    """Names of series; `_misses_total` behind another is the same name with another end."""
    names, before = set(), ""
    for name in re.findall(r"`((?:yett)?_[a-z_]+)(?:\{[^`]*\})?`", DOCUMENT):
        if name.startswith("yett_"):
            before = name
            names.add(name)
        else:
            names |= {before[:-len(end)] + name for end in (f"_{'_'.join(before.split('_')[-n:])}" for n in (1, 2)) if before.endswith(end)}
    return names


def test_every_series_is_in_the_document(served):
    families = {re.sub(r"_(bucket|sum|count)$", "", name) if name + "_total" not in served else name for name in served if name.startswith("yett_")}
    assert not sorted(families - named_in_the_document())


def test_every_alert_is_in_the_document_and_says_how_bad_it_is():
    assert not [name for name, rule in ALERTS.items() if f"| `{name}` | {rule['labels']['severity']} | " not in DOCUMENT]
    assert not [name for name in re.findall(r"^\| `(Yett\w+)` \|", DOCUMENT, re.M) if name not in ALERTS]
    for name, rule in ALERTS.items():
        assert rule["labels"]["severity"] in ("warning", "critical") and rule["annotations"]["summary"].endswith("."), name


def test_every_alert_is_tried_both_ways():
    tried = [case for file in TESTS for test in yaml.safe_load(file.read_text())["tests"] for case in test["alert_rule_test"]]
    for name in ALERTS:
        assert sorted(len(case["exp_alerts"]) for case in tried if case["alertname"] == name) == [0, 1], name


@PROMTOOL
def test_promtool_reads_the_rules():
    done = subprocess.run(["promtool", "check", "rules", PROMETHEUS / "yett.rules.yaml"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and f"{len(RULES)} rules found" in done.stdout, done.stdout + done.stderr


@PROMTOOL
@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_alerts_fire_when_they_should_and_not_else(file):
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@PROMTOOL
def test_prometheus_understands_the_dashboard(fleet):
    api = f"http://127.0.0.1:{fleet.port('prometheus', 9090)}/api/v1/query"
    for panel in PANELS:
        for each in expressions_of(panel):
            reply = requests.get(api, params={"query": expressions.filled(each)}, timeout=10).json()
            assert reply["status"] == "success", (panel["title"], reply)


def test_the_dashboard_is_the_one_of_its_list():
    done = subprocess.run([GRAFANA / "dashboard.py"], capture_output=True, text=True, timeout=60)
    assert done.stdout == (GRAFANA / "yett.json").read_text(), "deploy/grafana/dashboard.py > deploy/grafana/yett.json"


def test_panels_have_a_place_and_say_what_they_are():
    taken = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert all(panel["description"] and panel["targets"] for panel in PANELS)
