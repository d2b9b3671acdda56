"""The words of a status that the API has promised: they do not change with the Python that runs it."""

from http import HTTPStatus

RENAMED = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Request Entity Too Large",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Entity",
}
"""Python 3.13 calls them otherwise, after RFC 9110."""


def phrase(status: int) -> str:
    """The words, in English."""
    known = HTTPStatus(status)
    return RENAMED.get(known, known.phrase)
