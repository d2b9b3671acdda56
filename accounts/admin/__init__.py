"""People, their ways in, and their messages in the admin. Importing it registers the pages."""

from accounts.admin import messages, people, sign_in

__all__ = ["messages", "people", "sign_in"]
