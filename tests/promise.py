"""Whether the API keeps what it has promised: ``docs/api/openapi.json`` beside ``docs/api/promised.json``.

api-smart-diff finds the differences and judges them, on the Node that Playwright brings. Where docs/api/changes.md says
otherwise than it, that page is followed. What is broken on purpose is named in ``docs/api/breaking.toml``, with a
reason; so is the promise of the last release kept in the repository, because a clone need not have its history.
"""

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import playwright

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = ROOT / "docs" / "api"
LIBRARY = ROOT / "tests" / "vendor" / "api-smart-diff" / "api-smart-diff.min.js"
NODE = Path(playwright.__file__).parent / "driver" / "node"


def node_runs() -> bool:
    """Whether Playwright's Node finds what it asks of the machine."""
    return subprocess.run([NODE, "--version"], capture_output=True, check=False).returncode == 0


def differences(older: Mapping[str, Any], newer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Everything that differs, each with its path, what happened to it, and what the library thinks of it."""
    with tempfile.TemporaryDirectory() as scratch:
        names = [Path(scratch, name) for name in ("older.json", "newer.json")]
        for name, document in zip(names, (older, newer), strict=True):
            name.write_text(json.dumps(document))
        command = [NODE, ROOT / "tests" / "promise.js", LIBRARY, *names]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: list[dict[str, Any]] = json.loads(told)
    return found


def breaks(difference: Mapping[str, Any]) -> bool:
    """Whether somebody's program may fail for it.

    Components are judged where they are used. An answer may get new values of an enumeration, as docs/api/changes.md
    says. A field that is not read any more is refused here, so that it may not go.
    """
    path, action = list(map(str, difference["path"])), difference["action"]
    if path[0] != "paths" or "text/csv" in path:
        return False
    if "responses" in path:
        if "enum" in path and action == "add":
            return False
        is_other_kind = path[-1] in {"type", "format"} and action == "replace"
        if is_other_kind or (path[-1] == "nullable" and action in {"add", "replace"}):
            return True
    if "requestBody" in path and path[-2:-1] == ["properties"] and action == "remove":
        return True
    return bool(difference["type"] == "breaking")


def broken(older: Mapping[str, Any], newer: Mapping[str, Any]) -> list[str]:
    """The paths of what is broken, and how."""
    if older == newer:
        return []
    found = (one for one in differences(older, newer) if breaks(one))
    return sorted({f"{one['action']} {' > '.join(map(str, one['path'][1:]))}" for one in found})


def unexplained(found: Iterable[str], explained: Iterable[str]) -> tuple[list[str], list[str]]:
    """What is broken without a reason, and reasons for what is not broken (any more)."""
    found, explained = list(found), list(explained)
    open_ones = [one for one in found if not any(one.startswith(start) for start in explained)]
    idle = [start for start in explained if not any(one.startswith(start) for one in found)]
    return open_ones, idle


def main() -> int:
    from cryptopredict.management.commands.openapi import without_words

    promised = json.loads((DOCUMENTS / "promised.json").read_text())
    present = without_words(json.loads((DOCUMENTS / "openapi.json").read_text()))
    reasons = tomllib.loads((DOCUMENTS / "breaking.toml").read_text()).get("change", [])
    assert all(reason["why"].strip() for reason in reasons)
    named = (reason["what"] for reason in reasons)
    explained = [one for what in named for one in ([what] if isinstance(what, str) else what)]
    open_ones, idle = unexplained(broken(promised, present), explained)
    lines = [f"broken: {one}" for one in open_ones] + [f"named in breaking.toml, but not broken: {one}" for one in idle]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
