"""People and their programs in templates."""

from django import template

from accounts.selectors.agents import told

register = template.Library()
register.filter("agent", told)
