"""Standard Webhooks signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avyay_site.notifications import signing


def verify(secret: str, message_id: str, timestamp: int, body: bytes, header: str) -> bool:
    """Verify as a receiver does, written from the specification alone."""
    key = base64.b64decode(secret[len("whsec_") :])
    expected = hmac.new(
        key, message_id.encode() + b"." + str(timestamp).encode() + b"." + body, hashlib.sha256
    )
    versions = (part.split(",", 1) for part in header.split(" "))
    return any(v == "v1" and hmac.compare_digest(base64.b64decode(s), expected.digest()) for v, s in versions)


def test_a_known_message_has_the_published_signature():
    signature = signing.sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(max_size=200), st.integers(min_value=0, max_value=2**33))
def test_a_receiver_accepts_what_we_sign_and_nothing_else(body, timestamp):
    secret = signing.generate_secret()

    header = signing.sign(secret, message_id="msg_1", timestamp=timestamp, body=body)

    assert verify(secret, "msg_1", timestamp, body, header)
    assert not verify(secret, "msg_1", timestamp + 1, body, header)
    assert not verify(secret, "msg_1", timestamp, body + b" ", header)
    assert not verify(signing.generate_secret(), "msg_1", timestamp, body, header)


@pytest.mark.parametrize("secret", ["", "whsec", "secret", "whsec_not base64!"])
def test_something_else_than_a_secret_is_refused(secret):
    with pytest.raises(ValueError, match=r"."):
        signing.sign(secret, message_id="msg_1", timestamp=1, body=b"")
