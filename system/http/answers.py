"""What came back, and reading it strictly: what is no JSON by the standard is refused with a name on it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from system.http.errors import BadAnswer

LONGEST_NUMBER = 60
"""Characters; the longest that a provider has a reason to send has about thirty."""
LARGEST_EXPONENT = 40


@dataclass(frozen=True)
class Answer:
    """A complete 2xx answer.

    Args:
        provider: who gave it.
        endpoint: what was asked, without query.
        headers: names in lower case.
        content: the body, unpacked.
    """

    provider: str
    endpoint: str
    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        """The body as text.

        Raises:
            BadAnswer: it is not UTF-8.
        """
        try:
            return self.content.decode()
        except UnicodeDecodeError:
            raise BadAnswer(f"{self.provider} {self.endpoint}: the answer is no text in UTF-8.") from None

    def json(self) -> Any:
        """The body as JSON. Numbers with a point or exponent are ``Decimal``: exactly what was sent. Only a zero with
        an exponent beyond every price is a plain zero: written out it would have millions of digits.

        Raises:
            BadAnswer: it is none: truncated, HTML, NaN, Infinity, a number beyond every price (1e400).
        """
        try:
            return json.loads(self.text, parse_float=decimal, parse_int=integer, parse_constant=refuse)
        except (ValueError, ArithmeticError, RecursionError) as error:
            raise BadAnswer(f"{self.provider} {self.endpoint}: the answer is no usable JSON ({error}).") from None


def decimal(text: str) -> Decimal:
    number = Decimal(text) if len(text) <= LONGEST_NUMBER else refuse(text)
    if abs(number.adjusted()) <= LARGEST_EXPONENT:
        return number
    return refuse(text) if number else Decimal(0)


def integer(text: str) -> int:
    return int(text) if len(text) <= LONGEST_NUMBER else refuse(text)


def refuse(text: str) -> NoReturn:
    raise ValueError(f"the number {text[:20]}")
