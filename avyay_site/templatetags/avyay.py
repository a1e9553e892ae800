"""How numbers, money and moments are written on pages."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400


@register.filter
def ago(moment: datetime | None, otherwise: str = "never") -> SafeString | str:
    """Write a moment relative to now, with the absolute time on hover."""
    if moment is None:
        return otherwise
    absolute = moment.strftime("%Y-%m-%d %H:%M:%S UTC")
    words = relative((timezone.now() - moment).total_seconds())
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), absolute, words)


@register.filter
def until(moment: datetime) -> SafeString | str:
    """Write a moment to come; one that has come is due."""
    return ago(moment) if moment > timezone.now() else "now"


def relative(seconds: float) -> str:
    """Write a distance in time: positive lies in the past."""
    size = abs(seconds)
    if size < 10:
        return "just now" if seconds >= 0 else "in a moment"
    if size < MINUTE:
        amount = f"{size:.0f} s"
    elif size < HOUR:
        amount = f"{size / MINUTE:.0f} min"
    elif size < 2 * DAY:
        amount = f"{size / HOUR:.0f} h"
    else:
        amount = f"{size / DAY:.0f} days"
    return f"{amount} ago" if seconds >= 0 else f"in {amount}"


@register.filter
def clock(moment: datetime) -> SafeString:
    """Write the time if the moment is today's, else date and time; all of it on hover."""
    shape = "%H:%M:%S" if moment.date() == timezone.now().date() else "%d %b %H:%M"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        moment.strftime("%Y-%m-%d %H:%M:%S UTC"),
        moment.strftime(shape),
    )


@register.filter
def usd(amount: Decimal | float | None) -> str:
    """Write money with as many digits as matter: $12.40, $0.0123, $0.00004."""
    if amount is None:
        return "—"
    value = Decimal(amount)
    if value == 0:
        return "$0"
    sign, size = "-" if value < 0 else "", abs(value)
    if size >= 1:
        return f"{sign}${size:,.2f}"
    digits = max(2, 1 - size.adjusted()) + 1
    return f"{sign}${size:.{digits}f}"


@register.filter
def count(number: int | None) -> str:
    """Write a whole number with thousands separated."""
    return "—" if number is None else f"{int(number):,}"


@register.filter
def brief(number: int | None) -> str:
    """Write a large number short: 48.2k, 1.20M."""
    if number is None:
        return "—"
    value = int(number)
    for limit, divisor, unit in ((10**4, 1, ""), (10**6, 10**3, "k"), (10**9, 10**6, "M")):
        if abs(value) < limit:
            return f"{value:,}" if divisor == 1 else f"{value / divisor:.1f}{unit}"
    return f"{value / 10**9:.2f}B"


@register.filter
def milliseconds(number: float | None) -> str:
    """Write a duration: 210 ms, 1.9 s."""
    if number is None:
        return "—"
    return f"{number:.0f} ms" if number < 1000 else f"{number / 1000:.1f} s"


@register.filter
def percent(share: float | None) -> str:
    """Write a share of one: 23.4 %."""
    if share is None:
        return "—"
    return f"{share * 100:.1f} %" if share else "0 %"


@register.filter
def plain_controls(text: str) -> str:
    """Replace control and direction characters, so that foreign text cannot disturb the page."""
    return "".join("�" if is_disturbing(char) else char for char in str(text))


@register.filter
def written(value: object) -> str:
    """Write a value of an audit detail: lists as words, foreign characters tamed."""
    if isinstance(value, list):
        return ", ".join(plain_controls(str(item)) for item in value)
    return plain_controls(str(value))


def is_disturbing(char: str) -> bool:
    """Tell whether a character steers a terminal or turns the direction of text."""
    code = ord(char)
    return code < 32 or 0x7F <= code < 0xA0 or 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069


@register.filter
def as_control(field: BoundField) -> SafeString:
    """Render a form field's control with our classes and its hint and error bound to it."""
    kind = {"Select": "select", "CheckboxInput": "", "Textarea": "textarea"}
    shape = kind.get(type(field.field.widget).__name__, "input")
    attributes: dict[str, Any] = {"class": shape} if shape else {}
    described = []
    if field.help_text:
        described.append(f"{field.id_for_label}_hint")
    if field.errors:
        described.append(f"{field.id_for_label}_error")
        attributes["aria-invalid"] = "true"
    if described:
        attributes["aria-describedby"] = " ".join(described)
    return field.as_widget(attrs=attributes)
