"""The pages about the API say what the API does."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module

from django.conf import settings

from cryptopredict.api.problems import TABLE, TITLES
from cryptopredict.environment import BASE_DIR
from system.exceptions import DomainError

ERRORS = BASE_DIR / "docs" / "api" / "errors.md"
APPS = ("accounts", "aimodels", "assets", "cryptopredict", "macro", "sectors", "selection", "system", "trading")


def rows() -> dict[str, set[int]]:
    """Statuses by kind, as the page has them."""
    found = defaultdict(set)
    for kinds, status in re.findall(r"^\| (`[^|]+`) \| (\d{3}) \|", ERRORS.read_text(), re.MULTILINE):
        for kind in re.findall(r"`([^`]+)`", kinds):
            found[kind].add(int(status))
    return found


def refusals() -> dict[str, type[DomainError]]:
    """Every kind of refusal that there is, by the name of its class."""
    import_module(settings.ROOT_URLCONF)
    found, waiting = {}, [DomainError]
    while waiting:
        kind = waiting.pop()
        found[kind.__name__] = kind
        waiting += kind.__subclasses__()
    return found


def status_of(kind: type[DomainError]) -> int:
    return int(next(TABLE[base][0] for base in kind.__mro__ if base in TABLE))


def raised() -> Iterator[tuple[str, int]]:
    """Every word for programs that the sources give a refusal, and its status."""
    kinds = refusals()
    for file in (file for app in APPS for file in (BASE_DIR / app).rglob("*.py")):
        text = file.read_text()
        if "code=" not in text:
            continue
        tree = ast.parse(text)
        own = {id(call): parent.name for parent in ast.walk(tree) if isinstance(parent, ast.ClassDef)
               for call in ast.walk(parent)}  # fmt: skip
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name: str = getattr(call.func, "id", "")
            if getattr(call.func, "attr", None) == "__init__":  # of a class that gives itself the word
                name = own.get(id(call), "")
            for word in (one.value for one in call.keywords if one.arg == "code" and name in kinds):
                if isinstance(word, ast.Constant) and isinstance(word.value, str):
                    yield word.value.replace("_", "-"), status_of(kinds[name])


def test_every_kind_of_problem_is_explained_with_its_status() -> None:
    documented = rows()
    for status, code in TABLE.values():
        assert status in documented[code.replace("_", "-")]


def test_every_rule_with_a_name_of_its_own_is_explained_with_its_status() -> None:
    documented, found = rows(), set(raised())
    assert len(found) > 100
    assert sorted((kind, status) for kind, status in found if status not in documented[kind]) == []


def test_every_documented_status_has_a_title() -> None:
    assert set.union(*rows().values()) - {int(status) for status in TITLES} == set()
