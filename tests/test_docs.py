"""The documents say what the program does."""

import csv
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands

from cryptopredict import erd_mapping
from cryptopredict.backups import configuration
from cryptopredict.claims import Book
from cryptopredict.environment import BASE_DIR

DOCS = BASE_DIR / "docs"
READS = re.compile(
    r"""(?:\benv(?:\.\w+)?\(|environ(?:\.get\(|\[)|variable\(|\b(?:switch|whole_number|one_of|secret|database)\()"""
    r"""\s*["']([A-Z][A-Z0-9_]+)["']"""
)
SYSTEM = {"PATH", "PYTHONPATH", "TMPDIR", "XDG_RUNTIME_DIR", "DJANGO_SETTINGS_MODULE", "CELERY_BROKER_URL"}


def variables_read() -> set[str]:
    """Names of the environment variables that the program reads, but those of the operating system."""
    paths = (*BASE_DIR.glob("cryptopredict/**/*.py"), *BASE_DIR.glob("system/stores/*.py"))
    code = "\n".join(path.read_text() for path in paths)
    return set(READS.findall(code)) - SYSTEM


def test_the_operations_guide_names_every_variable() -> None:
    table = (DOCS / "operations.md").read_text().split("## Home directory")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE)) == variables_read()


def test_the_example_file_names_every_variable() -> None:
    lines = (BASE_DIR / ".env.example").read_text().splitlines()
    assert {line[1:].split("=")[0] for line in lines if re.match(r"#[A-Z_]+=", line)} == variables_read()


def test_of_every_variable_it_is_known_whether_a_backup_has_it() -> None:
    """A new one is shown in every backup, kept in sealed ones only, or left out: one of the three, and on purpose."""
    text = (BASE_DIR / ".env.example").read_text().replace("<NAME>", "X")
    named = set(re.findall(r"^#([A-Z_]+)=|\b((?:AWS|OTEL|PROVIDER_X)_[A-Z_]+)\b", text, re.MULTILINE))
    kinds = (configuration.SHOWN, configuration.HIDDEN, configuration.LEFT_OUT)
    names = variables_read() | {name for pair in named for name in pair if name}
    assert {"AWS_SECRET_ACCESS_KEY", "PROVIDER_X_KEY", "WAL_KEEP_DAYS"} <= names
    assert {name for name in names if sum(bool(kind.fullmatch(name)) for kind in kinds) != 1} == set()
    shown = {name for name in names if configuration.SHOWN.fullmatch(name)}
    assert {name for name in shown if re.search(r"KEY|SECRET|TOKEN|PASSWORD|PEPPER|HEADERS", name)} == set()


def test_the_mapping_page_is_that_of_the_models() -> None:
    assert erd_mapping.PAGE.read_text() == erd_mapping.page(), "run: manage.py erd_mapping"


def test_every_target_of_the_mapping_exists() -> None:
    there = {(table, "") for table in erd_mapping.tables()} | {
        (table, field.column) for table, model in erd_mapping.tables().items() for field in erd_mapping.columns(model)
    }
    named = {(origin.target_table, origin.target_column) for origin in erd_mapping.origins()}
    assert named - there == set()


def test_the_mapping_names_each_column_of_the_documents_once_per_target() -> None:
    with erd_mapping.ORIGINS.open(newline="") as file:
        rows = [tuple(row.values())[1:5] for row in csv.DictReader(file)]
    assert len(rows) == len(set(rows)) > 1000


@pytest.mark.parametrize("source", ["erd_design_sql_and_views.md", "erd_design_with_api.md"])
def test_no_table_of_the_sql_documents_is_forgotten(shared: Path, source: str) -> None:
    text = (shared / "design" / "sources" / source).read_text(errors="replace")
    mapped = {(origin.table, origin.column) for origin in erd_mapping.origins()}
    tables = re.findall(r"CREATE TABLE (?:IF NOT EXISTS )?(\w+) \((.*?)\n\)", text, re.DOTALL)
    columns = {
        (table, column) for table, body in tables for column in re.findall(r"^    ([a-z_]+) [A-Z]+", body, re.MULTILINE)
    }
    assert len(columns) > 200
    assert columns - mapped == set()


def test_the_claims_page_is_that_of_the_claims() -> None:
    book = Book.read()
    assert (DOCS / "claims.md").read_text() == book.page(), "run: manage.py claims"
    names = [claim.id for run in book.runs for claim in run.claims]
    assert len(names) == len(set(names))


def locked(name: str) -> dict[str, str]:
    """Versions of a lock file; where Python versions get different ones, that of the oldest Python."""
    pins = re.findall(r"^([a-z][\w-]+)==(\S+)(.*)", (BASE_DIR / name).read_text(), re.MULTILINE)
    newer_first = sorted(pins, key=lambda pin: "python_full_version >=" not in pin[2])
    return {package: version for package, version, _marker in newer_first}


def explained(row: str) -> dict[str, str]:
    """Names and versions in the rows of a table of dependencies."""
    return dict(re.findall(row, (DOCS / "adr" / "dependencies.md").read_text(), re.MULTILINE))


def named(lines: list[str]) -> list[str]:
    return [re.split(r"[^\w-]", line)[0] for line in lines]


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
    pins = locked("requirements.lock")
    rows = explained(r"^\| ([a-z][\w-]+) \| (\d\S*) \|")
    assert rows == {name: pins[name] for name in named(project["dependencies"])}


def test_every_tool_of_development_is_explained() -> None:
    groups = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["dependency-groups"]
    pins = locked("requirements-dev.lock")
    rows = explained(r"^\| `([a-z][\w-]+)` \| (\d\S*) \|")
    assert rows == {name: pins[name] for name in named(groups["dev"])}


def test_the_site_builds_and_asks_nobody_else(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", tmp_path],
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    outside = re.compile(r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^>]*>""")
    built_pages = list(tmp_path.rglob("*.html"))
    assert len(built_pages) > 20
    assert {found for page in built_pages for found in outside.findall(page.read_text())} == set()


def test_relative_links_of_the_documents_beside_the_site_lead_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md"):
        page = BASE_DIR / name
        links = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        assert [link for link in links if not (page.parent / link).exists()] == [], name


def pages() -> list[Path]:
    return [
        *DOCS.rglob("*.md"),
        *BASE_DIR.glob("*.md"),
        BASE_DIR / "benchmarks" / "README.md",
        BASE_DIR / ".env.example",
    ]


def test_commands_that_the_documents_name_exist() -> None:
    text = "\n".join(page.read_text() for page in [*pages(), BASE_DIR / "docker-compose.yml", BASE_DIR / "Makefile"])
    commands = set(re.findall(r"manage\.py ([a-z][a-z_]+)", text))
    assert {"up", "import_market", "run_pipeline", "replay", "doctor"} <= commands
    assert commands - set(get_commands()) == set()
    targets = set(re.findall(r"^([a-z-]+):", (BASE_DIR / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE)) - targets == set()


def test_nothing_names_a_place_of_one_machine() -> None:
    for page in [*pages(), BASE_DIR / ".ci" / "run", BASE_DIR / "docker-compose.yml", BASE_DIR / "Dockerfile"]:
        assert not re.search(r"/work/|/root/|/home/\w", page.read_text()), page
