"""Live updates over WebSockets: ``{type, ts, seq, data}``. ``seq`` is the number of the event in the outbox.

``outbox`` sends what services have written, ``hub`` takes it to the ``listeners`` of a process, ``entrance`` lets them
in. What a client misses it asks for by the number of the last message that it has (``docs/api/live.md``).
"""

from cryptopredict.live.entrance import application
from cryptopredict.live.outbox import send_events

__all__ = ["application", "send_events"]
