"""People, their ways in, and their messages in the admin. Importing it registers the pages."""

from accounts.admin import feedback, messages, people, sign_in

__all__ = ["feedback", "messages", "people", "sign_in"]
