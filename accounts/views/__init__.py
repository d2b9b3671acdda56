"""Pages about the own account."""

from accounts.views.channels import (
    AddChannel,
    ChannelAction,
    ChannelWishes,
    HoursOfOne,
    Notifications,
    UndeliveredAction,
)
from accounts.views.sign_in import Login, Setup

__all__ = [
    "AddChannel",
    "ChannelAction",
    "ChannelWishes",
    "HoursOfOne",
    "Login",
    "Notifications",
    "Setup",
    "UndeliveredAction",
]
