"""Send mail from templates: `templates/mail/<name>.txt`, whose first line is the subject."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping

from django.core.mail import EmailMessage
from django.template.loader import render_to_string


class UnableToSend(Exception):
    """The mail was not handed over; the message says what the mail server answered."""


def send(name: str, *, to: str, context: Mapping[str, object]) -> None:
    """Render templates/mail/<name>.txt and hand it to the mail server.

    Raises UnableToSend. Call it outside of transactions: a mail server takes up to 10 seconds.
    """
    subject, _, body = render_to_string(f"mail/{name}.txt", dict(context)).strip().partition("\n")
    send_text(to=to, subject=subject, body=f"{body.strip()}\n")


def send_text(*, to: str, subject: str, body: str, headers: Mapping[str, str] | None = None) -> None:
    """Hand a plain mail to the mail server; line breaks in the subject become spaces.

    Raises UnableToSend.
    """
    message = EmailMessage(subject=" ".join(subject.split()), body=body, to=[to], headers=dict(headers or {}))
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as exc:
        raise UnableToSend(f"The mail server did not take the mail: {exc}") from exc
