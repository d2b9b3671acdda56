"""Tables, columns, indexes and constraints that a migration adds at once: the models of its state are built once.

Django builds them anew after each operation, with all that are related: nine tenths of the time of the first start.
"""

from collections.abc import Iterable
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

Addition = CreateModel | AddField | AddIndex | AddConstraint


class Together(Operation):
    """Additions of which none is to what another one creates, so that each may see the state after all of them."""

    def __init__(self, operations: list[Addition]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        built = state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(app_label, state)
        if built is not None:
            state.__dict__["apps"] = built
            changed = {(app_label, model_of(operation)) for operation in self.operations}
            state.reload_models(sorted(changed), delay=False)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "; ".join(operation.describe() for operation in self.operations)


def model_of(operation: Addition) -> str:
    """The model that is made or added to, as states name it."""
    name: Any = operation.name if isinstance(operation, CreateModel) else operation.model_name
    return str(name).lower()


def is_new_or_outside(operation: Addition, created: set[str]) -> bool:
    """It makes a model, or adds to one that is not among those that are just made."""
    return isinstance(operation, CreateModel) or model_of(operation) not in created


def together(operations: Iterable[Operation]) -> list[Operation]:
    """The same operations in the same order; neighbours that can be carried out together are one."""
    groups: list[Operation] = []
    additions: list[Addition] = []
    created: set[str] = set()
    for operation in operations:
        if additions and not (isinstance(operation, Addition) and is_new_or_outside(operation, created)):
            groups.append(Together(additions))
            additions, created = [], set()
        if isinstance(operation, Addition):
            additions.append(operation)
            if isinstance(operation, CreateModel):
                created.add(model_of(operation))
        else:
            groups.append(operation)
    return [*groups, Together(additions)] if additions else groups
