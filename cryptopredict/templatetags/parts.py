"""A part of a page that fails says so in its place, with a way to try again; the rest of the page is shown."""

import logging
from typing import Any

from django import template
from django.template import Context
from django.template.base import FilterExpression, Parser, Token
from django.template.loader import render_to_string
from django.template.loader_tags import IncludeNode, do_include
from django.utils import timezone
from django.utils.safestring import SafeString

from cryptopredict.pages.parts import ANSWERS, PartFailed, failures

register = template.Library()
logger = logging.getLogger(__name__)
BROKEN = "components/broken.html"


class PartNode(IncludeNode):
    """A template inside another one that may fail by itself.

    Args:
        included: what ``{% include %}`` makes of it.
        title: what the part is called for people.
    """

    def __init__(self, included: IncludeNode, title: FilterExpression) -> None:
        super().__init__(
            included.template,
            extra_context=included.extra_context,
            isolated_context=included.isolated_context,
        )
        self.title = title

    def render(self, context: Context) -> SafeString:
        depth, noted = len(context.dicts), list[PartFailed]()
        outer = failures.set(noted)
        try:
            text = super().render(context)
        except ANSWERS:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is, it takes this part alone, and is logged
            del context.dicts[depth:]  # What the part had put there.
            return self.broken(context, fault)
        finally:
            failures.reset(outer)
        return self.broken(context, noted[0]) if noted else text

    def broken(self, context: Context, fault: Exception) -> SafeString:
        """Said in its place, and kept in the log with the cause."""
        request = context.get("request")
        number = getattr(request, "request_id", "")
        path = getattr(request, "path", "")
        told = self.template.resolve(context)
        logger.error("%s: the part %s failed, request id %s", path, told, number, exc_info=fault)
        shown: dict[str, Any] = {
            "title": self.title.resolve(context),
            "at": timezone.now(),
            "address": request.get_full_path() if request else "",
            "number": number,
        }
        return render_to_string(BROKEN, shown)


@register.tag("part")
def part(parser: Parser, token: Token) -> PartNode:
    """``{% part "a/template.html" _("Title") with … %}``: as ``{% include %}``, and its title."""
    _name, path, title, *more = token.split_contents()
    included = do_include(parser, Token(token.token_type, " ".join(["include", path, *more]), lineno=token.lineno))
    return PartNode(included, parser.compile_filter(title))
