"""Claims are measured by running their command, and a missed one stays missed."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from cryptopredict.claims import Book

CLAIMS = """
[[run]]
command = "echo 'rows: 1,200' && echo rows: 1,250 && echo '{\\"score\\": {\\"brier\\": 0.25}}'"
home = "a"
  [[run.claim]]
  id = "rows"
  says = "rows stored"
  read = '^rows: ([\\d,]+)$'
  target = ">= 1000"
  [[run.claim]]
  id = "brier"
  says = "score | as printed"
  read = "$.score.brier"
  [[run.claim]]
  id = "quick"
  says = "quick"
  read = "seconds"
  target = "<= 0"
  unit = "s"

[[run]]
command = "touch $CRYPTOPREDICT_HOME/mark && echo 3 && exit 4"
home = "b"
  [[run.claim]]
  id = "failing"
  says = "fails"
  read = '(3)'
  target = "= 3"

[[run]]
command = "ls $CRYPTOPREDICT_HOME/mark && echo none"
home = "b"
  [[run.claim]]
  id = "unread"
  says = "prints no figure"
  read = '(\\d+) of'
  target = "= 3"

[[run]]
command = "echo 1"
home = "c"
needs = "no/such/path"
  [[run.claim]]
  id = "elsewhere"
  says = "needs data"
  read = '(1)'
  target = "= 1"
"""


def unheard(_line: str) -> None:
    """Progress that nobody reads."""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "claims.toml").write_text(CLAIMS)
    return tmp_path


def test_figures_are_read_and_judged(directory: Path) -> None:
    said: list[str] = []
    book = Book.read(directory)
    assert book.measure(say=said.append) == ["quick", "failing", "unread"]
    results = json.loads((directory / "claims.json").read_text())
    assert [results["rows"][key] for key in ("value", "verdict")] == ["1,250", "met"]
    assert [results["brier"][key] for key in ("value", "verdict")] == ["0.25", "reported"]
    assert [results["failing"][key] for key in ("value", "verdict")] == ["exit status 4", "missed"]
    assert results["unread"]["value"].startswith("not read: nothing in the output matches")
    assert "elsewhere" not in results
    assert "elsewhere: skipped, there is no no/such/path" in said


def test_the_page_shows_every_claim(directory: Path) -> None:
    Book.read(directory).measure(say=unheard)
    lines = (directory / "claims.md").read_text().splitlines()
    table = [line for line in lines if line.startswith("| **")]
    assert [line.split("**")[1] for line in table] == ["rows", "brier", "quick", "failing", "unread", "elsewhere"]
    assert {line.count("|") for line in table} == {7}
    assert "| not measured | – |" in table[-1]


def test_one_claim_brings_the_runs_that_it_builds_on(directory: Path) -> None:
    said: list[str] = []
    Book.read(directory).measure(only=["unread"], say=said.append)
    assert list(json.loads((directory / "claims.json").read_text())) == ["failing", "unread"]


def test_a_later_round_keeps_what_it_does_not_measure(directory: Path) -> None:
    Book.read(directory).measure(only=["rows"], say=unheard)
    Book.read(directory).measure(only=["failing"], say=unheard)
    assert {"rows", "failing"} <= json.loads((directory / "claims.json").read_text()).keys()


def test_the_command_knows_its_claims(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("claims", list=True)
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == [
        claim.id for run in Book.read().runs for claim in run.claims
    ]
    with pytest.raises(CommandError, match="No claim is called nonsense"):
        call_command("claims", only=["nonsense"])
