"""Text and addresses of news as strangers send them, made plain; and what tells one story from another.

Text from outside is data: it is never run, never followed as an instruction, and shown escaped.
"""

import re
import unicodedata
from html.parser import HTMLParser
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

HIDDEN = frozenset({"script", "style", "template", "noscript", "iframe", "object", "svg"})
"""Elements whose text nobody is meant to read."""
TRACKING = re.compile(
    r"utm_\w*|(fb|g|d|ms|y|tw)clid|igshid|mc_[ce]id|_hs\w+|cmpid|ncid|ref|ref_src|ref_url", re.IGNORECASE
)
"""Parameters that say where a reader came from, not what is read."""
PORTS = {"http": 80, "https": 443}
DOUBLED = re.compile(r"^https?:/{0,2}[^/?#]*?(?=https?://)", re.IGNORECASE)
"""An address that was put behind another one's host."""
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
APOSTROPHES = str.maketrans("", "", "'’‘`´")
DIGIT_GROUPS = re.compile(r"(?<=\d)[,|](?=\d{3}(?!\d))")
ESCAPE = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
SAFE_PATH, SAFE_QUERY = "/:@!$&'()*+,;=-._~%", ":@!$'()*,;-._~/"


class _Reader(HTMLParser):
    """Collects the text between the tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.hidden += tag in HIDDEN
        self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.hidden = max(0, self.hidden - (tag in HIDDEN))
        self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.pieces.append(data)


def plain_text(sent: str) -> str:
    """A text without markup, control and direction characters, on one line.

    Feeds escape their markup once or twice, so what is left after the first reading is read once more.
    """
    for _time in range(2):
        if "<" in sent or "&" in sent:
            reader = _Reader()
            reader.feed(sent)
            reader.close()
            sent = "".join(reader.pieces)
    readable = (" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp", "Zs"} else sign for sign in sent)
    kept = (sign for sign in readable if unicodedata.category(sign) not in {"Cf", "Cs", "Co", "Cn"})
    return " ".join("".join(kept).split())


def cut_text(text: str, longest: int) -> str:
    """A text of at most ``longest`` characters, ended after a word and marked by an ellipsis."""
    if len(text) <= longest:
        return text
    whole, _space, _rest = text[: longest - 1].rpartition(" ")
    return f"{whole or text[: longest - 1]}…"


def canonical_address(sent: str) -> str:
    """The one spelling of a web address: scheme and host in lower case, without default port, tracking parameters,
    fragment and trailing slash, its parameters in order.

    Raises:
        ValueError: no http or https address of a host with a name.
    """
    text = DOUBLED.sub("", sent.strip())
    if any(sign.isspace() or unicodedata.category(sign) == "Cc" for sign in text) or "\\" in text:
        raise ValueError("it holds a space or a control character")
    parts = urlsplit(text)
    if parts.scheme not in PORTS:
        raise ValueError("it is no http or https address")
    if parts.username is not None or parts.password is not None:
        raise ValueError("it carries a user's name")
    host = _host(parts.hostname or "")
    port = "" if parts.port in {None, PORTS[parts.scheme]} else f":{parts.port}"
    path = ESCAPE.sub(lambda escape: escape[0].upper(), quote(parts.path, safe=SAFE_PATH)).rstrip("/")
    given = parse_qsl(parts.query, keep_blank_values=True)
    kept = sorted((name, value) for name, value in given if not TRACKING.fullmatch(name))
    return urlunsplit((parts.scheme, host + port, path, urlencode(kept, safe=SAFE_QUERY, quote_via=quote), ""))


def _host(name: str) -> str:
    """A host as it is asked for.

    Raises:
        ValueError: it is no name with a dot in it.
    """
    try:
        ascii_name = name.encode("idna").decode() if not name.isascii() else name
    except UnicodeError:
        raise ValueError("its host has no valid name") from None
    labels = ascii_name.lower().rstrip(".").split(".")
    if len(labels) < 2 or labels[-1].isdecimal() or not all(LABEL.fullmatch(label) for label in labels):
        raise ValueError("its host has no valid name")
    return ".".join(labels)


def same_addresses(address: str) -> tuple[str, ...]:
    """Spellings of a canonical address that lead to the same page: http and https, with and without www."""
    rest = address.partition("://")[2].removeprefix("www.")
    return tuple(f"{scheme}://{www}{rest}" for scheme in ("https", "http") for www in ("", "www."))


def story_key(title: str) -> str:
    """The words of a headline, whatever its case, quotation marks, dashes and separators of thousands.

    ``Bitcoin’s “$73,000” record — Report`` and ``bitcoins $73|000 record report`` are one story.
    """
    text = unicodedata.normalize("NFKC", DIGIT_GROUPS.sub("", title)).casefold().translate(APOSTROPHES)
    kept = (sign if unicodedata.category(sign)[0] in "LN" or sign in "%$€£+-" else " " for sign in text)
    words = ("".join(kept)).split()
    return " ".join(word for word in words if word.strip("+-"))
