"""One attempt to hand a message to a service: what goes by HTTP goes out through ``system.http``, e-mail through the
installation's own mail server."""

import smtplib
import socket
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

from django.conf import settings
from django.core.mail import EmailMessage

from accounts.choices import ChannelKind
from accounts.providers.messengers import COMPOSERS, Fields
from accounts.providers.parcels import Outcome, Parcel, Post, without
from accounts.providers.webhooks import webhook
from system.http import BadAnswer, Banned, Budget, Client, NoAnswer, NoBudget, Provider, Refused
from system.http import provider as registered

PATIENCE_SECONDS = 1.5
"""A message whose turn comes later waits for the next sweep."""
LONGEST_ERROR = 200
GONE = frozenset({HTTPStatus.GONE, HTTPStatus.MISDIRECTED_REQUEST})
PERMANENT_SMTP = 500
BUDGET_WAIT_SECONDS = 5.0
OWN_BUDGET = (Budget(60, timedelta(minutes=1)),)
"""Of one channel to a server that is nobody's service. Whose it is we do not know, so it is never flooded from here."""


def hand_over(kind: str, fields: Fields, parcel: Parcel, *, lane: str) -> Outcome:
    """Try once to bring a message to a channel.

    Args:
        kind: a ``ChannelKind``.
        fields: what the service needs; for e-mail the ``address``.
        parcel: the message.
        lane: the channel's own budget and bans.
    """
    if kind == ChannelKind.EMAIL:
        return mail(fields["address"], parcel)
    composed = webhook(fields, parcel) if kind == ChannelKind.WEBHOOK else COMPOSERS[kind](fields, parcel)
    found = send(composed, lane=lane, own=kind == ChannelKind.WEBHOOK)
    return replace(found, error=without(found.error, fields)[:LONGEST_ERROR])


def send(post: Post, *, lane: str, own: bool) -> Outcome:
    """Send a request, and say what its answer means.

    Args:
        own: it goes to a program of the person's, which may be down in any way; the named services mean what they say.
    """
    client = Client(known(post), patience=PATIENCE_SECONDS, lane=lane)
    try:
        answer = client.request(
            "POST", f"{client.provider.url}{post.path}", headers=post.headers, body=post.body, endpoint=post.endpoint
        )
    except Banned as error:
        was_let_out = error.status is not None
        return Outcome(str(error), wait_seconds=error.seconds, was_let_out=was_let_out, status=error.status)
    except NoBudget as error:
        return Outcome(str(error), wait_seconds=error.seconds or BUDGET_WAIT_SECONDS, was_let_out=False)
    except NoAnswer as error:
        return Outcome(str(error), may_have_arrived=error.was_sent, status=error.status)
    except Refused as error:
        return Outcome(str(error), is_final=refusal_is_final(error, own=own), status=error.status)
    except BadAnswer as error:
        return Outcome(str(error), may_have_arrived=True, status=error.status)
    return Outcome(status=answer.status)


def known(post: Post) -> Provider:
    """The service as it is registered; or a host that only this channel knows."""
    try:
        return registered(post.provider)
    except KeyError:
        return Provider(post.provider, post.base_url, OWN_BUDGET)


def refusal_is_final(error: Refused, *, own: bool) -> bool:
    """An address where we do not go, a redirect, or a service that knows better; a program of the person's may answer
    4xx while it is being mended."""
    if error.status is None or 300 <= error.status < 400:
        return True
    return not own or error.status in GONE


def mail(address: str, parcel: Parcel) -> Outcome:
    """Hand the message to the installation's mail server."""
    if not settings.EMAIL_HOST:
        return Outcome("There is no mail server (EMAIL_URL).")
    sender_host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    headers: Mapping[str, str] = {
        "Message-ID": f"<{parcel.message_id}@{sender_host}>",
        "Auto-Submitted": "auto-generated",
    }
    letter = EmailMessage(" ".join(parcel.title.split()), parcel.text, to=[address], headers=dict(headers))
    try:
        letter.send()
    except (OSError, smtplib.SMTPException) as fault:
        return mail_fault(fault)
    return Outcome()


def mail_fault(fault: OSError | smtplib.SMTPException) -> Outcome:
    """What went wrong with a mail; the server's own words may repeat the address, so they are left out."""
    match fault:
        case smtplib.SMTPRecipientsRefused():
            codes = [code for code, _text in fault.recipients.values()]
            return Outcome(f"The mail server refused the address ({codes[0]}).", is_final=min(codes) >= PERMANENT_SMTP)
        case smtplib.SMTPDataError():
            is_final = fault.smtp_code >= PERMANENT_SMTP
            return Outcome(f"The mail server refused the text ({fault.smtp_code}).", is_final=is_final)
        case smtplib.SMTPResponseException():
            return Outcome(f"The mail server answered {fault.smtp_code}.")
        case ConnectionRefusedError() | socket.gaierror() | smtplib.SMTPNotSupportedError():
            return Outcome(f"The mail server was not reached ({type(fault).__name__}).")
        case _:
            return Outcome(f"The mail server did not answer ({type(fault).__name__}).", may_have_arrived=True)
