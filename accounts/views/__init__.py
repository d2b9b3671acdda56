"""Pages about the own account."""

from accounts.views.channels import (
    AddChannel,
    ChannelAction,
    ChannelWishes,
    HoursOfOne,
    Notifications,
    UndeliveredAction,
)
from accounts.views.mailed_links import ForgotPassword, ResetPassword, VerifyEmail
from accounts.views.own import Account, EndSession, RevokeToken, Security, Tokens
from accounts.views.passkeys import BeginPasskey, BeginPasskeyLogin, CompletePasskey, CompletePasskeyLogin
from accounts.views.second_factor import SecondFactor
from accounts.views.sign_in import Login, LoginCode, Setup

__all__ = [
    "Account",
    "AddChannel",
    "BeginPasskey",
    "BeginPasskeyLogin",
    "ChannelAction",
    "ChannelWishes",
    "CompletePasskey",
    "CompletePasskeyLogin",
    "EndSession",
    "ForgotPassword",
    "HoursOfOne",
    "Login",
    "LoginCode",
    "Notifications",
    "ResetPassword",
    "RevokeToken",
    "SecondFactor",
    "Security",
    "Setup",
    "Tokens",
    "UndeliveredAction",
    "VerifyEmail",
]
