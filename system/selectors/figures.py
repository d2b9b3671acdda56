"""What all processes together have counted."""

import orjson
import redis
from django.conf import settings

from system.http.gate import server

Row = tuple[tuple[str, ...], float]
"""Labels, and how often; of a histogram the last label is the bucket."""


def shared_key(name: str) -> str:
    """Where the counts of a figure are: a hash by labels."""
    return f"figures:{name}"


def shared_counts(name: str) -> list[Row] | None:
    """The counts of a figure by its labels, in their order; None if Redis is down."""
    try:
        kept = server(settings.REDIS_URL).hgetall(shared_key(name))
    except redis.exceptions.RedisError:
        return None
    return sorted((tuple(orjson.loads(labels)), float(value)) for labels, value in kept.items())
