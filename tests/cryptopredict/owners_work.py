"""What leads to the connection of the owner's role: read from the code, not from a list of it.

A function leads to what its body names: functions and classes (all their methods), variables of modules and what they
are made of, programs that it begins (``manage.py`` with a command), and what was registered where it looks. Names of
types lead nowhere. What is only sent to a queue is done by whoever works on that queue. It is followed from its end, so
that only files are parsed that name something on the way.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptopredict.environment import BASE_DIR

APPS = ("cryptopredict", "trading", "selection", "sectors", "macro", "aimodels", "assets", "accounts", "system")
OWNER = "owner"
MENTIONED = re.compile(r"""\bOWNER\b|["']owner["']""")
WORD = re.compile(r"\w+")
SENT = {"delay", "apply_async", "s", "si", "send_task"}
"""Of a task: it goes into a queue."""
CONNECTIONS = {"using", "database"}
"""Arguments that say over which connection."""
FROM_SHELL = "manage.py"


@dataclass
class Module:
    """A file: what it defines, and what its imports call what."""

    name: str
    text: str
    defined: dict[str, list[ast.stmt]] = field(default_factory=lambda: defaultdict(list))
    imported: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tree = ast.parse(self.text)
        for node in self.tree.body:
            for name in names_in(node):
                self.defined[name].append(node)
        for found in ast.walk(self.tree):  # inside functions too
            if isinstance(found, ast.Import):
                for one in found.names:
                    first = one.name.partition(".")[0]
                    self.imported[one.asname or first] = one.name if one.asname else first
            elif isinstance(found, ast.ImportFrom) and found.module and not found.level:
                for one in found.names:
                    self.imported[one.asname or one.name] = f"{found.module}.{one.name}"

    def is_variable(self, name: str) -> bool:
        return any(isinstance(node, ast.Assign | ast.AnnAssign) for node in self.defined.get(name, []))


def names_in(node: ast.stmt) -> list[str]:
    """What a statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.AnnAssign):
        return [node.target.id] if isinstance(node.target, ast.Name) else []
    if isinstance(node, ast.Assign):
        return [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
    if isinstance(node, ast.If | ast.Try | ast.With):
        return [name for inner in node.body for name in names_in(inner)]
    return []


class Code:
    """The program, as far as it is our own.

    Args:
        root: directory of the packages.
        either: what works over the owner's connection and as well over that of the application.
    """

    def __init__(self, root: Path = BASE_DIR, apps: Iterable[str] = APPS, either: frozenset[str] = frozenset()) -> None:
        self.either = either
        self.parsed: dict[str, Module] = {}
        self.read: dict[str, dict[str, set[str]]] = {}
        self.texts: dict[str, str] = {}
        for path in (path for app in apps for path in (root / app).rglob("*.py") if "migrations" not in path.parts):
            name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            self.texts[name] = path.read_text()

    def module(self, name: str) -> Module:
        if name not in self.parsed:
            self.parsed[name] = Module(name, self.texts[name])
        return self.parsed[name]

    @cached_property
    def ways(self) -> dict[str, list[str]]:
        """Everything that leads to the owner's connection, with the way there, itself included."""
        found = {name: [name] for name in sorted(self.owners - self.either)}
        waiting = list(found)
        while waiting:
            target = waiting.pop(0)
            for name in self.who_names(target):
                if name not in found and name not in self.either:
                    found[name] = [name, *found[target]]
                    waiting.append(name)
        return found

    @cached_property
    def owners(self) -> set[str]:
        """What works over the owner's connection itself."""
        mentioning = [self.module(name) for name, text in self.texts.items() if MENTIONED.search(text)]
        return {
            f"{module.name}.{name}"
            for module in mentioning
            for name, nodes in module.defined.items()
            if not module.is_variable(name) and any(self.is_owners(one, module) for node in nodes for one in walk(node))
        }

    def is_owners(self, node: ast.AST, module: Module) -> bool:
        if isinstance(node, ast.Subscript):
            return dotted(node.value) == "connections" and self.says_owner(node.slice, module)
        if isinstance(node, ast.Call):
            given = [one.value for one in node.keywords if one.arg in CONNECTIONS]
            if isinstance(node.func, ast.Attribute) and node.func.attr == "using":
                given += node.args
            return any(self.says_owner(one, module) for one in given)
        return False

    def says_owner(self, node: ast.AST, module: Module) -> bool:
        if isinstance(node, ast.Constant):
            return bool(node.value == OWNER)
        found = self.resolve(dotted(node), module)
        if found is None:
            return False
        place, _dot, name = found.rpartition(".")
        values = [one.value for one in self.module(place).defined[name] if isinstance(one, ast.Assign)]
        return any(isinstance(one, ast.Constant) and one.value == OWNER for one in values)

    def who_names(self, target: str) -> Iterator[str]:
        """Definitions that lead to one directly."""
        for name in self.files_that_name(target):
            yield from (f"{name}.{short}" for short, found in self.named_in(name).items() if target in found)
        yield from (keeper for keeper, given in self.registered.items() if target in given)

    def files_that_name(self, target: str) -> Iterator[str]:
        """Files in which it may be called: they have its name, and that of a module where it is found."""
        place, _dot, short = target.rpartition(".")
        last = place.rpartition(".")[2]
        if short == "Command":
            yield from (name for name, words in self.words.items() if last in words and FROM_SHELL in self.texts[name])
            return
        homes, package = {last}, place.rpartition(".")[0]
        while package:
            if short in self.words.get(package, ()):
                homes.add(package.rpartition(".")[2])
            package = package.rpartition(".")[0]
        for name, words in self.words.items():
            if short in words and (name == place or homes & words):
                yield name

    @cached_property
    def words(self) -> dict[str, set[str]]:
        """Those of each file."""
        return {name: set(WORD.findall(text)) for name, text in self.texts.items()}

    def named_in(self, name: str) -> dict[str, set[str]]:
        """By each definition of a file: what it names."""
        if name not in self.read:
            module = self.module(name)
            self.read[name] = {
                short: {one for node in nodes for one in self.named(node, module)}
                for short, nodes in list(module.defined.items())
            }
        return self.read[name]

    def named(self, node: ast.AST, module: Module) -> set[str]:
        """Definitions that a piece of code names."""
        found, words = set[str](), set[str]()
        for one in walk(node):
            if isinstance(one, ast.Name | ast.Attribute):
                target = self.resolve(dotted(one), module)
                if target is not None:
                    found.add(target)
            elif isinstance(one, ast.Constant) and isinstance(one.value, str):
                words.add(one.value)
        if FROM_SHELL in words:
            endings = tuple(f".management.commands.{word}" for word in words)
            found |= {f"{name}.Command" for name in self.texts if name.endswith(endings)}
        return found

    def resolve(self, text: str, module: Module) -> str | None:
        """The definition that a name, with dots or without, means in a module; None where it is not ours."""
        first, *rest = text.split(".")
        if set(rest) & SENT:
            return None
        if first in module.defined:
            return f"{module.name}.{first}"
        return self.find([*module.imported[first].split("."), *rest]) if first in module.imported else None

    def find(self, parts: list[str]) -> str | None:
        """The definition at a dotted name, through what packages pass on."""
        length = next((n for n in range(len(parts) - 1, 0, -1) if ".".join(parts[:n]) in self.texts), 0)
        if not length or ".".join(parts) in self.texts:
            return None
        module, rest = self.module(".".join(parts[:length])), parts[length:]
        if rest[0] in module.defined:
            return f"{module.name}.{rest[0]}"
        return self.find([*module.imported[rest[0]].split("."), *rest[1:]]) if rest[0] in module.imported else None

    @cached_property
    def registered(self) -> dict[str, set[str]]:
        """By the variable in which a function ``register…`` keeps what it is given: all that apps gave it when they
        were ready, also by a dotted name."""
        found: dict[str, set[str]] = defaultdict(set)
        for module in (self.module(name) for name in self.texts if name.endswith(".apps")):
            for node in ast.walk(module.tree):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
                    continue
                target = self.resolve(dotted(node.func), module)
                if target is None or not target.rpartition(".")[2].startswith("register"):
                    continue
                given = {one for part in (*node.args, *node.keywords) for one in self.named(part, module)}
                words = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
                given |= {one for word in words if isinstance(word, str) and (one := self.find(word.split(".")))}
                for keeper in self.variables(target):
                    found[keeper] |= given
        return found

    def variables(self, function: str) -> Iterator[str]:
        """Variables of its module that a function names."""
        place, _dot, name = function.rpartition(".")
        module = self.module(place)
        named = {one.id for node in module.defined[name] for one in ast.walk(node) if isinstance(one, ast.Name)}
        yield from (f"{place}.{one}" for one in sorted(named) if module.is_variable(one))


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """What is in a piece of code, without the names of types; of a name with dots the whole, not its parts."""
    waiting = [node]
    while waiting:
        here = waiting.pop()
        yield here
        if isinstance(here, ast.Attribute) and dotted(here):
            continue
        for name, value in ast.iter_fields(here):
            if name not in {"annotation", "returns"}:
                children = value if isinstance(value, list) else [value]
                waiting += [child for child in children if isinstance(child, ast.AST)]


def dotted(node: ast.AST) -> str:
    """A name with its dots, such as ``system.services.setting``; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    first = dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{first}.{node.attr}" if first and isinstance(node, ast.Attribute) else ""
