"""Browsers in words."""

from django.utils.translation import gettext as _

from accounts.compute.agents import browser_and_system

LONGEST = 60


def told(agent: str | None) -> str:
    """``Firefox on Linux``; of what is no browser, how it called itself."""
    browser, system = browser_and_system(agent or "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or (agent or "")[:LONGEST] or _("unknown")
