"""Front-end packages come from npm verified, or not at all."""

import base64
import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from cryptopredict import vendor
from system.exceptions import ConflictError, UnavailableError

FILES = {"package/dist/chart.js": b"draw()", "package/LICENSE.md": b"MIT", "package/src/secret.js": b"no"}


def packed(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def integrity(archive: Path) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()


def package(**changes: object) -> vendor.Package:
    entry: dict[str, object] = {
        "name": "chart",
        "version": "1.0.0",
        "directory": "chart",
        "integrity": "",
        "files": ["dist/chart.js"],
        "licence": "LICENSE.md",
    }
    return vendor.Package(**(entry | changes))  # type: ignore[arg-type]


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for npm that packs our archive: the network is the one thing that a test must not need."""
    archive = packed(tmp_path / "chart-1.0.0.tgz", FILES)
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\nfor last; do :; done\n[ "$2" = chart@1.0.0 ] || { echo "npm error code E404" >&2; exit 1; }\n'
        f'cp {archive} "$last"/ && echo \'[{{"filename": "chart-1.0.0.tgz"}}]\'\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return archive


def listing(directory: Path, entry: vendor.Package) -> Path:
    directory.mkdir(exist_ok=True)
    (directory / "packages.json").write_text(json.dumps([vars(entry)]))
    return directory


def test_a_package_is_taken_with_its_licence_and_nothing_else(npm: Path, tmp_path: Path) -> None:
    here = listing(tmp_path / "vendor", package(integrity=integrity(npm)))
    assert vendor.refresh(here) == ["chart 1.0.0: chart.js written, LICENSE written"]
    assert {path.name: path.read_bytes() for path in (here / "chart").iterdir()} == {
        "chart.js": b"draw()",
        "LICENSE": b"MIT",
    }
    (here / "chart" / "old.js").write_text("")
    assert vendor.refresh(here) == ["chart 1.0.0: old.js removed"]
    assert vendor.refresh(here) == ["chart 1.0.0: unchanged"]


def test_another_content_under_the_same_version_is_refused(npm: Path, tmp_path: Path) -> None:
    here = listing(tmp_path / "vendor", package(integrity="sha512-other"))
    with pytest.raises(ConflictError, match="is not the package"):
        vendor.refresh(here)
    assert not (here / "chart").exists()
    with pytest.raises(ConflictError):
        vendor.refresh(here, record=True)


def test_a_new_version_is_recorded_on_request_only(npm: Path, tmp_path: Path) -> None:
    here = listing(tmp_path / "vendor", package())
    with pytest.raises(ConflictError):
        vendor.refresh(here)
    vendor.refresh(here, record=True)
    assert vendor.listed(here)[0].integrity == integrity(npm)


def test_a_missing_file_is_named(npm: Path, tmp_path: Path) -> None:
    here = listing(tmp_path / "vendor", package(integrity=integrity(npm), files=["dist/chart.css"]))
    with pytest.raises(ConflictError, match=r"chart 1\.0\.0 has no file dist/chart\.css"):
        vendor.refresh(here)


def test_without_network_or_npm_one_sentence_says_so(
    npm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = listing(tmp_path / "vendor", package(version="2.0.0"))
    with pytest.raises(UnavailableError, match=r"npm could not fetch chart 2\.0\.0 \(code E404\)"):
        vendor.refresh(here)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match="npm is not installed"):
        vendor.refresh(here)
