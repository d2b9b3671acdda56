"""How the product is: one round of checks of its parts, written as a row, told live and counted.

Each part answers with what it found and one of four words; the score is their weighted mean.
"""

from cryptopredict.measuring.measuring import measure_health
from cryptopredict.measuring.usage import summarise_usage

__all__ = ["measure_health", "summarise_usage"]
