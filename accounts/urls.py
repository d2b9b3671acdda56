"""Addresses of the pages about the own account."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from accounts.views import (
    AddChannel,
    BeginPasskey,
    BeginPasskeyLogin,
    ChannelAction,
    ChannelWishes,
    CompletePasskey,
    CompletePasskeyLogin,
    ForgotPassword,
    HoursOfOne,
    Login,
    LoginCode,
    Notifications,
    ResetPassword,
    SecondFactor,
    Setup,
    UndeliveredAction,
    VerifyEmail,
)

urlpatterns = [
    path("login", Login.as_view(), name="login"),
    path("login/code", LoginCode.as_view(), name="login-code"),
    path("login/passkey/begin", BeginPasskeyLogin.as_view(), name="passkey-login-begin"),
    path("login/passkey/complete", CompletePasskeyLogin.as_view(), name="passkey-login-complete"),
    path("login/code/passkey/begin", BeginPasskeyLogin.as_view(is_second=True), name="passkey-code-begin"),
    path("login/code/passkey/complete", CompletePasskeyLogin.as_view(is_second=True), name="passkey-code-complete"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("password/forgot", ForgotPassword.as_view(), name="password-forgot"),
    path("password/reset", ResetPassword.as_view(), name="password-reset"),
    path("verify-email", VerifyEmail.as_view(), name="verify-email"),
    path("setup", Setup.as_view(), name="setup"),
    path("account/second-factor", SecondFactor.as_view(), name="second-factor"),
    path("account/passkeys/begin", BeginPasskey.as_view(), name="passkey-begin"),
    path("account/passkeys/complete", CompletePasskey.as_view(), name="passkey-complete"),
    path("account/notifications", Notifications.as_view(), name="notifications"),
    path("account/notifications/hours", HoursOfOne.as_view(), name="notification-hours"),
    path("account/notifications/undelivered", UndeliveredAction.as_view(), name="undelivered"),
    path("account/channels/add/<slug:kind>", AddChannel.as_view(), name="add-channel"),
    path("account/channels/<int:pk>/wishes", ChannelWishes.as_view(), name="channel-wishes"),
    path("account/channels/<int:pk>/<slug:action>", ChannelAction.as_view(), name="channel-action"),
]
