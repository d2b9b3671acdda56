"""How much a generated test tries: a short round in ``make test``, the whole of it in ``make test-full``."""

_chosen = {"full": False}


def choose(*, full: bool) -> None:
    """Which round this is; told before the tests are read, because decorators ask."""
    _chosen["full"] = full


def examples(short: int, full: int) -> int:
    """The number of this round."""
    return full if _chosen["full"] else short
