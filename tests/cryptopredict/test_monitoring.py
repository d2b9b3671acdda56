"""Dashboard, alert rules and documents name figures that there are; the rules fire when they should, and not before."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from cryptopredict.environment import BASE_DIR
from cryptopredict.observing import dashboard

DOCS = BASE_DIR / "docs"
RULES = DOCS / "monitoring" / "alerts.yml"
TRIALS = Path(__file__).with_name("alerts_test.yml")
PROMTOOL = shutil.which("promtool")
NAME = re.compile(r"\bcryptopredict_[a-z0-9_]+\b")
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


@pytest.fixture
def families(db: None) -> dict[str, str]:
    """Kinds of the figures that are exported, by their names."""
    content = Client().get("/metrics").content.decode()
    return {one.name: one.type for one in text_string_to_metric_families(content)}


@pytest.fixture
def exported(families: dict[str, str]) -> set[str]:
    """Names that may be asked for."""
    return {f"{name}{suffix}" for name, kind in families.items() for suffix in SUFFIXES[kind]}


def rules() -> list[dict[str, Any]]:
    content = yaml.safe_load(RULES.read_text())
    return [rule for group in content["groups"] for rule in group["rules"]]


def test_the_dashboard_is_the_one_of_the_program() -> None:
    assert dashboard.FILE.read_text() == dashboard.text(), "run: manage.py grafana"


def test_every_figure_of_the_dashboard_is_exported(exported: set[str]) -> None:
    panels = json.loads(dashboard.FILE.read_text())["panels"]
    queries = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    assert len(queries) > 30
    assert all(NAME.search(query) for query in queries)
    assert {name for query in queries for name in NAME.findall(query)} - exported == set()


def test_no_panel_lies_on_another() -> None:
    cells: set[tuple[int, int]] = set()
    for panel in dashboard.dashboard()["panels"]:
        place = panel["gridPos"]
        own = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in own) < 24
        assert not own & cells, panel["title"]
        cells |= own


def test_every_rule_asks_for_what_is_exported_and_says_what_to_do(exported: set[str]) -> None:
    found = rules()
    assert len({rule["alert"] for rule in found}) == len(found) > 10
    for rule in found:
        assert set(NAME.findall(rule["expr"])) - exported == set(), rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert {len(rule["annotations"][name]) > 20 for name in ("summary", "action")} == {True}, rule["alert"]


def test_the_page_names_every_figure_and_no_other(families: dict[str, str], exported: set[str]) -> None:
    named = set(re.findall(r"`(cryptopredict_[a-z0-9_]+)`", (DOCS / "monitoring.md").read_text()))
    assert named == {f"{name}_total" if kind == "counter" else name for name, kind in families.items()}


def test_each_rule_is_tried_out_before_it_fires_and_when_it_does() -> None:
    """What ``promtool`` is asked below: every rule, and of each also a moment at which nothing fires."""
    tried: set[str] = set()
    for trial in yaml.safe_load(TRIALS.read_text())["tests"]:
        seen = [one["exp_samples"] for one in trial["promql_expr_test"]]
        assert all('ALERTS{alertstate="firing"}' in one["expr"] for one in trial["promql_expr_test"])
        assert seen[0] == [], trial["name"]
        tried |= set(re.findall(r"CryptoPredict\w+", str(seen)))
    assert tried == {rule["alert"] for rule in rules()}


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
@pytest.mark.parametrize("arguments", [("check", "rules", RULES), ("test", "rules", TRIALS.name)])
def test_prometheus_finds_the_rules_well(arguments: tuple[str | Path, ...]) -> None:
    done = subprocess.run(
        [str(PROMTOOL), *arguments], cwd=TRIALS.parent, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout
