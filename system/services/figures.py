"""Counts of this process are added to those that all processes share."""

import orjson
import redis
from django.conf import settings

from system import figures
from system.http.gate import server
from system.selectors.figures import shared_key


def hand_over() -> bool:
    """Add what was counted here. While Redis is down it stays here, and is added later.

    Returns:
        Whether it could be.
    """
    taken = figures.take()
    if not taken:
        return True
    try:
        with server(settings.REDIS_URL).pipeline(transaction=True) as pipe:
            for (name, labels), value in taken.items():
                pipe.hincrbyfloat(shared_key(name), orjson.dumps(labels).decode(), value)
            pipe.execute()
    except redis.exceptions.RedisError:
        figures.give_back(taken)
        return False
    return True
