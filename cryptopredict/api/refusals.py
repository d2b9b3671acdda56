"""Which refusals an operation may answer with, so that a client need not learn them one by one: what follows from how
it is called. The problem that says why is everywhere of the same form; ``docs/api/errors.md`` has its kinds."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from cryptopredict.phrases import phrase

METHODS = ("get", "post", "put", "patch", "delete")
WORDS: dict[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "A value does not make sense, or a rule refuses it; `errors` names each input.",
    HTTPStatus.UNAUTHORIZED: "Not logged in, or the token is unknown or has ended.",
    HTTPStatus.FORBIDDEN: "You may not: the role, the scope of the token, or a second factor is missing.",
    HTTPStatus.NOT_FOUND: "It does not exist, is not there yet, or you may not see it.",
    HTTPStatus.NOT_ACCEPTABLE: "It cannot be answered in the form that `Accept` wants.",
    HTTPStatus.CONFLICT: "It does not go with the present state, or the same request is being worked on.",
    HTTPStatus.PRECONDITION_FAILED: "It has changed since it was read.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body or a file in it is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is of a kind that is not read here.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "`Idempotency-Key` came with another request, or limits of your own refuse it.",
    HTTPStatus.LOCKED: "Closed for a while after too many wrong tries.",
    HTTPStatus.PRECONDITION_REQUIRED: "`If-Match` is missing.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many calls; `Retry-After` says when to come again.",
    HTTPStatus.SERVICE_UNAVAILABLE: "A part that it needs does not answer; `Retry-After` says when to come again.",
}
DONE = {
    "200": "Here it is.",
    "201": "Made.",
    "202": "Taken up; it is worked on.",
    "204": "Done; there is nothing to say.",
}
ALWAYS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.NOT_ACCEPTABLE,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
GUESSED = {"password", "old_password", "code"}
"""Inputs that are closed for a while when too many wrong ones come."""


def with_refusals(result: dict[str, Any], **_generating: Any) -> dict[str, Any]:
    """The document in which each operation names its refusals, and says what its answers mean."""
    responses = result["components"].setdefault("responses", {})
    for methods in result["paths"].values():
        for method, operation in methods.items():
            if method in METHODS:
                answers = operation["responses"]
                problem = answers.pop("default")
                body = fields_of(operation, result["components"]["schemas"])
                for status in sorted(refusals(method, operation, body)):
                    name = phrase(status).replace(" ", "")
                    responses[name] = {"description": WORDS[status], "content": problem["content"]}
                    answers[str(status.value)] = {"$ref": f"#/components/responses/{name}"}
                answers["default"] = problem
                for done, words in DONE.items():
                    if done in answers and not answers[done].get("description"):
                        answers[done]["description"] = words
    return result


def fields_of(operation: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """Names of what its body has."""
    contents = operation.get("requestBody", {}).get("content", {}).values()
    names = {content["schema"].get("$ref", "").rpartition("/")[2] for content in contents}
    return {field for name in names & schemas.keys() for field in schemas[name].get("properties", ())}


def refusals(method: str, operation: dict[str, Any], body: set[str]) -> Iterator[HTTPStatus]:
    """What an operation may be refused with, whose body has some fields."""
    parameters = {(one["in"], one["name"]) for one in operation.get("parameters", ())}
    places = {place for place, _name in parameters}
    yield from ALWAYS
    if method != "get" or "query" in places:
        yield HTTPStatus.BAD_REQUEST
    if operation["x-access"]["role"] != "guest":
        yield HTTPStatus.FORBIDDEN
    if method != "get" or "path" in places or ("query", "limit") not in parameters:
        yield HTTPStatus.NOT_FOUND
    if method != "get":
        yield HTTPStatus.CONFLICT
    if "requestBody" in operation:
        yield HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        yield HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    if ("header", "If-Match") in parameters:
        yield HTTPStatus.PRECONDITION_FAILED
        yield HTTPStatus.PRECONDITION_REQUIRED
    if ("header", "Idempotency-Key") in parameters:
        yield HTTPStatus.UNPROCESSABLE_ENTITY
    if body & GUESSED:
        yield HTTPStatus.LOCKED
