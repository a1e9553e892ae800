"""How the scanner's words and numbers are written on its pages."""

from __future__ import annotations

from django import template

from avyay_site.templatetags.avyay import is_disturbing
from raksha.models import FindingState, Ruling, RulingReason

register = template.Library()

WORD_TONES = {"Act": "bad", "Attend": "warn", "Track*": "accent", "Track": "idle"}
WORD_MEANS = {
    "Act": "Fix it as soon as possible.",
    "Attend": "Fix it sooner than usual.",
    "Track*": "Fix it at the usual time, and watch it.",
    "Track": "Fix it at the usual time.",
}
STAGE_TONES = {"done": "good", "running": "accent", "failed": "bad"}
CHANGE_TONES = {"new": "warn", "reopened": "bad", "fixed": "good"}
FEED_TONES = {"current": "good", "failed": "bad"}


@register.filter
def word_tone(word: str) -> str:
    """Return the tone of SSVC's word."""
    return WORD_TONES.get(word, "idle")


@register.filter
def word_means(word: str) -> str:
    """Say what SSVC's word asks for."""
    return WORD_MEANS.get(word, "")


@register.filter
def stage_tone(state: str) -> str:
    """Return the tone of a scan's stage."""
    return STAGE_TONES.get(state, "idle")


@register.filter
def change_tone(change: str) -> str:
    """Return the tone of what became of a finding."""
    return CHANGE_TONES.get(change, "idle")


@register.filter
def feed_tone(state: str) -> str:
    """Return the tone of a feed's state."""
    return FEED_TONES.get(state, "idle")


@register.filter
def ruling_word(ruling: str) -> str:
    """Write a ruling in small letters."""
    return str(Ruling(ruling).label).lower()


@register.filter
def reason_word(reason: str) -> str:
    """Write why something is ignored in small letters."""
    return str(RulingReason(reason).label).lower() if reason else ""


@register.filter
def is_fixed(state: str) -> bool:
    """Tell whether a finding is gone."""
    return state == FindingState.FIXED


@register.filter
def seconds(amount: float | None) -> str:
    """Write how long something took: 0.24 s, 12 s, 3 min 5 s."""
    if amount is None:
        return "—"
    if amount < 10:
        return f"{amount:.2f} s"
    if amount < 60:
        return f"{amount:.0f} s"
    return f"{amount // 60:.0f} min {amount % 60:.0f} s"


@register.filter
def epss(share: float | None) -> str:
    """Write a probability with as many digits as matter."""
    if share is None:
        return "—"
    return f"{share * 100:.1f} %" if share >= 0.001 else "< 0.1 %"


@register.filter
def code_text(text: str) -> str:
    """Replace characters that disturb a page in code, where tabs stay."""
    return "".join("\ufffd" if char != "\t" and is_disturbing(char) else char for char in text)
