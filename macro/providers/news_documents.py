"""The document of a feed made harmless before it is read.

Reading feeds is generous: it follows entities, mends what is broken and takes quadratic time over some documents. So
only a well-formed document of bounded depth and number of elements reaches it, made of the items that came whole.
"""

import codecs
import re
from dataclasses import dataclass, field
from xml.parsers import expat

MOST_ITEMS = 500
"""Items of a feed that are read, from its beginning; feeds begin with the newest."""
MOST_ELEMENTS, MOST_ATTRIBUTES, MOST_DEPTH = 30_000, 64, 64
ITEMS = frozenset({"item", "entry"})
DECLARED = re.compile(rb"""^\s{0,100}<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_.:-]{1,40})["']""")
CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
ENCODINGS = re.compile(
    r"ascii|utf-8(-sig)?|utf-16(-[lb]e)?|iso8859-\d+|cp125\d|koi8-[ru]|gb2312|gbk|gb18030|big5|shift_jis|euc_(jp|kr)"
)
"""Python's names of the encodings that feeds are written in; others can hide what the text says."""


@dataclass(frozen=True)
class Document:
    """What of a feed can be read.

    Attributes:
        content: well-formed XML in UTF-8 without prologue; empty when no item came whole.
        fault: why this is not all of it.
    """

    content: bytes
    fault: str | None = None


class _Stop(Exception):
    """What came so far is all that is read; the text says why, if it is a fault."""


@dataclass
class _Course:
    """How far a document has been read.

    Attributes:
        start: where the root element begins.
        end: behind the last item that is whole, or behind the root element.
        open: elements that are open there.
    """

    content: bytes
    parser: expat.XMLParserType
    start: int = -1
    end: int = -1
    open: tuple[str, ...] = ()
    stack: list[str] = field(default_factory=list)
    elements: int = 0
    items: int = 0

    def begin(self, name: str, attributes: list[str]) -> None:
        self.elements += 1
        if self.start < 0:
            self.start = self.parser.CurrentByteIndex
        self.stack.append(name)
        if len(self.stack) > MOST_DEPTH or len(attributes) > 2 * MOST_ATTRIBUTES or self.elements > MOST_ELEMENTS:
            raise _Stop("it is nested too deep, or has too many elements or attributes")

    def finish(self, name: str) -> None:
        self.stack.pop()
        is_item = _local(name) in ITEMS and not any(_local(outer) in ITEMS for outer in self.stack)
        if is_item or not self.stack:
            place = self.parser.CurrentByteIndex  # of the end tag; behind the tag of an element that has none
            is_tag = self.content.startswith(b"</", place)
            self.end = self.content.index(b">", place) + 1 if is_tag else place
            self.open = tuple(self.stack)
        if is_item:
            self.items += 1
            if self.items == MOST_ITEMS:
                raise _Stop

    def refuse(self, *_: object) -> None:
        raise _Stop("it declares entities of its own")

    @property
    def readable(self) -> bytes:
        """The root element up to the last whole item, and all that is open there closed."""
        if self.end < 0:
            return b""
        closing = "".join(f"</{name}>" for name in reversed(self.open))
        return self.content[self.start : self.end] + closing.encode()


def readable_document(content: bytes, content_type: str = "") -> Document:
    """What of a feed can be read.

    Args:
        content: as the server sent it.
        content_type: what the server said about it.
    """
    try:
        text = _decoded(content, content_type)
    except ValueError as error:
        return Document(b"", str(error))
    encoded = text.encode()
    parser = expat.ParserCreate("utf-8")
    parser.ordered_attributes = True
    course = _Course(encoded, parser)
    parser.StartElementHandler, parser.EndElementHandler = course.begin, course.finish
    parser.EntityDeclHandler = course.refuse
    try:
        parser.Parse(encoded, True)
    except _Stop as stop:
        return Document(course.readable, str(stop) or None)
    except expat.ExpatError as error:
        return Document(course.readable, f"it is no well-formed XML ({error})")
    return Document(course.readable)


def _decoded(content: bytes, content_type: str) -> str:
    """The text of a feed: by its byte-order mark, else by the server's word, else by its own, else UTF-8.

    Raises:
        ValueError: an encoding that feeds have no reason for, or the text is not written in it.
    """
    marked = next((name for mark, name in MARKS if content.startswith(mark)), None)
    told = CHARSET.search(content_type)
    declared = DECLARED.match(content)
    name = marked or (told and told[1]) or (declared and declared[1].decode()) or "utf-8"
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        encoding = ""
    if not ENCODINGS.fullmatch(encoding):
        raise ValueError(f"its encoding {name} is not read")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError(f"it is no text in {name}") from None


def _local(name: str) -> str:
    """A name without its prefix."""
    return name.rpartition(":")[2].lower()
