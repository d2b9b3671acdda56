"""What the program is made of, and whether something of it has a known fault."""

import json
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from cryptopredict import auditing, sbom
from cryptopredict.environment import BASE_DIR
from cryptopredict.sbom import Component
from cryptopredict.vendor import listed
from system.exceptions import InvalidInput, UnavailableError
from tests.stubs.server import StubServer
from tests.test_docs import locked

ASKED = "/v1/querybatch"


@pytest.fixture
def osv() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


def run(*arguments: str) -> tuple[int, str]:
    said, wrong = StringIO(), StringIO()
    try:
        call_command("audit_dependencies", *arguments, stdout=said, stderr=wrong)
    except SystemExit as end:
        return int(str(end.code)), said.getvalue() + wrong.getvalue()
    return 0, said.getvalue()


def test_every_package_is_in_the_list_with_its_digests() -> None:
    found = sbom.components()
    python = {one.name: one for one in found if one.kind == "pypi"}
    pages = {one.name: one for one in found if one.kind == "npm"}
    assert {name: python[name].version for name in locked("requirements.lock")}.keys() == python.keys()
    assert {one.name for one in listed()} == pages.keys()
    lines = (BASE_DIR / "requirements.lock").read_text().count("--hash=sha256:")
    assert sum(len(one.digests) for one in found if one.kind == "pypi") == lines > 1000
    assert all(len(value) == {"SHA-256": 64, "SHA-512": 128}[kind] for one in found for kind, value in one.digests)
    assert all(one.digests and one.wanted_by for one in found)
    assert python["django"].licence == "BSD-3-Clause"
    assert all(one.licence for one in pages.values())
    assert "cryptopredict" in python["django"].wanted_by


def test_the_same_sources_give_the_same_list(tmp_path: Path) -> None:
    first, said = tmp_path / "a" / "sbom.json", StringIO()
    call_command("sbom", file=first, stdout=said)
    assert first.read_text() == sbom.text()
    assert "packages." in said.getvalue()
    document = json.loads(first.read_text())
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    refs = [one["bom-ref"] for one in document["components"]]
    assert len(set(refs)) == len(refs)
    named = {document["metadata"]["component"]["bom-ref"], *refs}
    for one in document["dependencies"]:
        assert {one["ref"], *one["dependsOn"]} <= named
    assert "pkg:npm/%40tabler/core@" in first.read_text()


def test_a_known_fault_is_told_and_an_accepted_one_is_none(osv: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    found = sbom.components()
    results: list[dict[str, Any]] = [{} for _one in found]
    results[3] = {"vulns": [{"id": "GHSA-aaaa", "modified": "x"}, {"id": "GHSA-bbbb", "modified": "x"}]}
    osv.answer(ASKED, body={"results": results})
    status, said = run("--source", osv.url)
    assert (status, said.count(f"{found[3].name} {found[3].version}: GHSA-")) == (1, 2)
    asked = json.loads(osv.calls[0].body)["queries"]
    assert [one["package"]["purl"] for one in asked] == [one.address for one in found]
    monkeypatch.setattr(auditing, "accepted", lambda _day: {"GHSA-aaaa": "we do not use it", "GHSA-bbbb": "nor this"})
    status, said = run("--source", osv.url)
    assert (status, "accepted: we do not use it" in said) == (0, True)
    osv.answer(ASKED, body={"results": [{} for _one in found]})
    assert run("--source", osv.url) == (0, f"{len(found)} packages, 0 known faults, 0 of them not accepted.\n")


@pytest.mark.parametrize(
    "reply",
    [
        {"status": 500, "body": "no"},
        {"status": 302, "headers": {"Location": "http://elsewhere.example/"}},
        {"body": "<html>"},
        {"body": {"results": [{}]}},
        {"body": []},
    ],
)
def test_without_an_answer_nothing_is_known_and_that_is_said(osv: StubServer, reply: dict[str, Any]) -> None:
    osv.answer(ASKED, **reply)
    status, said = run("--source", osv.url)
    assert status == 3
    assert "NOT LOOKED UP, so nothing is known" in said
    assert run("--source", "http://127.0.0.1:9")[0] == 3


def test_half_an_answer_is_none() -> None:
    part = [Component("pypi", "django", "5.2")]
    with pytest.raises(UnavailableError):
        auditing.answers(part, {"results": [{"vulns": [], "next_page_token": "more"}]})


def test_what_is_accepted_has_a_reason_and_an_end(tmp_path: Path) -> None:
    path = tmp_path / "accepted.toml"
    path.write_text('[GHSA-1]\nwhy = "not used"\nuntil = 2026-12-31\n')
    assert auditing.accepted(date(2026, 12, 31), path) == {"GHSA-1": "not used"}
    assert auditing.accepted(date(2027, 1, 1), path) == {}
    path.write_text('[GHSA-1]\nwhy = "not used"\n')
    with pytest.raises(InvalidInput):
        auditing.accepted(date(2026, 1, 1), path)
    assert auditing.accepted(date(2026, 1, 1)) is not None
