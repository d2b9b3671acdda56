"""Front-end files that are built come from what the lock records, or not at all."""

import json
import re
import shutil
from pathlib import Path

import pytest

from cryptopredict import bundling
from system.exceptions import ConflictError, UnavailableError

LOCKS = sorted(bundling.FRONTEND.glob("*/package-lock.json"))


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for npm that installs a builder of ours: the network is the one thing that a test must not need."""
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\nmkdir -p node_modules/.bin node_modules/kept\necho MIT > node_modules/kept/LICENSE\n"
        'printf \'#!/bin/sh\\nfor last; do :; done\\ncp "$1" "${last#--outfile=}"\\n\' > node_modules/.bin/esbuild\n'
        "chmod +x node_modules/.bin/esbuild\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


@pytest.fixture
def frontend(tmp_path: Path) -> Path:
    here = tmp_path / "frontend" / "echarts"
    here.mkdir(parents=True)
    for name in bundling.BUNDLES["echarts"]:
        (here / f"{name}.js").write_text(f"draw('{name}')")
    packages = {
        "": {"name": "ours"},
        "node_modules/kept": {"version": "1.2.3", "license": "MIT"},
        "node_modules/builder": {"version": "4.5.6", "license": "GPL-3.0", "dev": True},
    }
    (here / "package-lock.json").write_text(json.dumps({"packages": packages}))
    return here.parent


@pytest.mark.usefixtures("npm")
def test_what_is_built_is_kept_with_the_licences_of_all_that_went_in(frontend: Path, tmp_path: Path) -> None:
    target = tmp_path / "vendor"
    assert bundling.build(frontend, target) == ["echarts: LICENSE written, charts.min.js written"]
    assert (target / "echarts" / "charts.min.js").read_text() == "draw('charts')"
    assert (target / "echarts" / "LICENSE").read_text() == "== kept 1.2.3 (MIT)\n\nMIT\n"
    (target / "echarts" / "old.js").write_text("")
    assert bundling.build(frontend, target) == ["echarts: old.js removed"]
    assert bundling.build(frontend, target) == ["echarts: unchanged"]


def test_what_npm_refuses_leaves_everything_as_it_was(npm: Path, frontend: Path, tmp_path: Path) -> None:
    npm.write_text("#!/bin/sh\necho 'npm error code EINTEGRITY' >&2\nexit 1\n")
    with pytest.raises(ConflictError, match=r"npm ci failed in echarts: npm error code EINTEGRITY"):
        bundling.build(frontend, tmp_path / "vendor")
    assert not (tmp_path / "vendor").exists()


def test_without_npm_it_says_so(frontend: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match="npm is not installed"):
        bundling.build(frontend, tmp_path / "vendor")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_a_lock_has_versions_and_digests_and_no_addresses(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    assert packages
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert "resolved" not in text


@pytest.mark.parametrize("name", bundling.BUNDLES["echarts"])
def test_what_is_served_makes_no_code_of_text(name: str) -> None:
    """A strict policy of contents forbids it."""
    text = (bundling.VENDOR / "echarts" / f"{name}.min.js").read_text(encoding="utf-8")
    assert not re.search(r"\bnew Function\b|\beval\(", text)


@pytest.mark.full
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_what_is_kept_is_what_is_built(tmp_path: Path) -> None:
    """With npm and a network: byte for byte."""
    target = shutil.copytree(bundling.VENDOR / "echarts", tmp_path / "echarts").parent
    assert bundling.build(vendor=target) == ["echarts: unchanged"]
