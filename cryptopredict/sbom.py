"""What the program is made of (CycloneDX): packages of the lock file and of the pages, with versions, digests, and the
licences that the installed packages state. The same sources, installed alike, give the same list, byte by byte.
"""

import base64
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptopredict import __version__
from cryptopredict.environment import BASE_DIR
from cryptopredict.vendor import VENDOR, listed

LOCK = BASE_DIR / "requirements.lock"
SPECIFICATION = "1.6"
PIN = re.compile(r"^(?P<name>[a-z0-9][\w.-]*)==(?P<version>[^\s;\\]+)(?: ; (?P<marker>[^\\]+?))?(?: \\)?$")
NOTICE = re.compile(r"^\| (?P<directory>[\w-]+) \| [^|]+ \| (?P<licence>[^|]+) \|$", re.MULTILINE)
OURS = "cryptopredict"


@dataclass
class Component:
    """A package.

    Attributes:
        kind: of the registry, as package addresses name it: ``pypi`` or ``npm``.
        marker: where Python installs it; empty is everywhere.
        digests: algorithm and hexadecimal value of each archive that may be installed.
        wanted_by: names of the packages that need it.
    """

    kind: str
    name: str
    version: str
    licence: str | None = None
    marker: str = ""
    digests: list[tuple[str, str]] = field(default_factory=list)
    wanted_by: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The package as every tool names it (purl)."""
        return f"pkg:{self.kind}/{quote(self.name)}@{quote(self.version)}"

    def as_json(self) -> dict[str, Any]:
        scope, _slash, name = self.name.rpartition("/")
        group = {"group": scope} if scope else {}
        marker = [{"name": f"{OURS}:where", "value": self.marker}] if self.marker else []
        return {
            "type": "library",
            "bom-ref": self.address,
            **group,
            "name": name,
            "version": self.version,
            "purl": self.address,
            **({"licenses": [{"license": {"name": self.licence}}]} if self.licence else {}),
            "hashes": [{"alg": algorithm, "content": value} for algorithm, value in self.digests],
            **({"properties": marker} if marker else {}),
        }


def components(lock: Path = LOCK, vendor: Path = VENDOR) -> list[Component]:
    """Every package, of Python first, by name."""
    return [*locked(lock), *of_pages(vendor)]


def locked(lock: Path = LOCK) -> Iterator[Component]:
    """The packages of a lock file."""
    licences, one, is_list = licences_installed(), None, False
    for line in lock.read_text().splitlines():
        if pin := PIN.match(line):
            if one:
                yield one
            one = Component("pypi", pin["name"], pin["version"], licences.get(plain(pin["name"])), pin["marker"] or "")
            is_list = False
        elif one and (digest := re.match(r"\s+--hash=(\w+):([0-9a-f]+)", line)):
            one.digests.append((f"{digest[1][:3].upper()}-{digest[1][3:]}", digest[2]))
        elif one and (via := re.match(r"\s+# via(?: (.+))?$", line)):
            is_list = via[1] is None
            one.wanted_by += [name_of(via[1])] if via[1] else []
        elif one and is_list and (more := re.match(r"\s+#\s+(\S.*)$", line)):
            one.wanted_by.append(name_of(more[1]))
    if one:
        yield one


def name_of(reason: str) -> str:
    """Who needs a package, of a comment of the lock file."""
    return reason.split(" ", maxsplit=1)[0]


def of_pages(vendor: Path = VENDOR) -> Iterator[Component]:
    """The packages of the pages; their licences are in the notice beside them."""
    licences = {row["directory"]: row["licence"] for row in NOTICE.finditer((vendor / "NOTICE.md").read_text())}
    for package in listed(vendor):
        algorithm, _dash, value = package.integrity.partition("-")
        digest = (f"{algorithm[:3].upper()}-{algorithm[3:]}", base64.b64decode(value).hex())
        yield Component("npm", package.name, package.version, licences.get(package.directory), "", [digest], [OURS])


def plain(name: str) -> str:
    """The name of a package in its one spelling."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licences_installed() -> dict[str, str]:
    """Licences as the installed packages state them. One that is for other machines only has none here."""
    found = {plain(one.name): licence_of(one) for one in distributions() if one.name}
    return {name: licence for name, licence in found.items() if licence}


def licence_of(package: Distribution) -> str | None:
    """A licence in one line: the expression, else the short words of the field, else the classifier."""
    about = package.metadata
    stated = next((about[name] for name in ("License-Expression", "License") if name in about), "")
    if stated and "\n" not in stated and len(stated) < 80 and stated.upper() != "UNKNOWN":
        return stated
    classed = [one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or [] if one.startswith("License ::")]
    return " and ".join(classed) or None


def document() -> dict[str, Any]:
    """The list in CycloneDX, without a date: that of the sources is enough."""
    found = components()
    needs: dict[str, list[str]] = {}
    by_name: dict[str, list[Component]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one)
        for name in one.wanted_by:
            needs.setdefault(name, []).append(one.address)
    root = f"pkg:generic/{OURS}@{__version__}"
    graph = [{"ref": root, "dependsOn": sorted(needs.get(OURS, []))}]
    graph += [{"ref": one.address, "dependsOn": sorted(set(needs.get(one.name, [])))} for one in found]
    body = {
        "metadata": {
            "component": {
                "type": "application", "bom-ref": root, "name": OURS, "version": __version__,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": [one.as_json() for one in found],
        "dependencies": graph,
    }  # fmt: skip
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True))
    head = {"bomFormat": "CycloneDX", "specVersion": SPECIFICATION, "serialNumber": f"urn:uuid:{serial}", "version": 1}
    return head | body


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
