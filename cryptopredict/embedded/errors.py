"""The one exception of this package. Importing it must not need Django."""

from system.exceptions import UnavailableError


class ServicesError(UnavailableError):
    """An embedded server cannot be started or reached. One sentence: the thing and the remedy."""
