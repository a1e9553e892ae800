from __future__ import annotations

import base64
import json
import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.secrets.finding import find
from raksha.secrets.formats import DETECTORS
from raksha.secrets.masking import mask
from raksha.secrets.plausible import entropy, is_placeholder, is_random

HEX = "0123456789abcdef"
ALNUM = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
BASE32 = string.ascii_uppercase + "234567"

# Secrets are put together here, so that nothing that looks like one stands in this file.
FORMS = [
    ("aws-access-key", "AKIA", BASE32, 16, ""),
    ("gcp-api-key", "AI" + "za", ALNUM, 35, ""),
    ("digitalocean-token", "dop_v1_", HEX, 64, ""),
    ("github-token", "gh" + "p_", ALNUM, 36, ""),
    ("github-fine-grained-token", "github_" + "pat_", ALNUM, 82, ""),
    ("gitlab-token", "gl" + "pat-", ALNUM, 20, ""),
    ("npm-token", "np" + "m_", ALNUM, 36, ""),
    ("pypi-token", "pypi-AgEIcHlwaS5vcmc", ALNUM, 120, ""),
    ("docker-token", "dckr_" + "pat_", ALNUM, 27, ""),
    ("rubygems-token", "rubygems_", HEX, 48, ""),
    ("anthropic-key", "sk-" + "ant-api03-", ALNUM, 93, "AA"),
    ("openai-key", "sk-" + "proj-", ALNUM, 40, "T3BlbkFJ" + "aB3dE5gH7jK9mN1pQ3sT"),
    ("huggingface-token", "h" + "f_", string.ascii_letters, 34, ""),
    ("groq-key", "gs" + "k_", ALNUM, 52, ""),
    ("stripe-key", "sk_" + "live_", ALNUM, 24, ""),
    ("shopify-token", "shp" + "at_", HEX, 32, ""),
    ("sendgrid-token", "SG" + ".", ALNUM, 22, "." + "aB3dE5gH7jK9mN1pQ3sTuV5xYz0bC2eF4gH6jK8mN0p"),
    ("slack-token", "xox" + "b-123456789012-1234567890123-", ALNUM, 24, ""),
    ("twilio-key", "S" + "K", HEX, 32, ""),
    ("vault-token", "hv" + "s.", ALNUM, 95, ""),
    ("grafana-token", "gl" + "sa_", ALNUM, 32, "_0a1b2c3d"),
    ("databricks-token", "da" + "pi", HEX, 32, ""),
    ("planetscale-token", "pscale_" + "tkn_", ALNUM, 43, ""),
    ("linear-key", "lin_" + "api_", ALNUM, 40, ""),
    ("postman-token", "PM" + "AK-", HEX, 24, "-" + "9f86d081884c7d659a2feaa0c55ad015a3"),
    ("doppler-token", "dp.pt.", ALNUM, 43, ""),
    ("pulumi-token", "pul-", HEX, 40, ""),
    ("sourcegraph-token", "sgp_", HEX, 40, ""),
    ("airtable-token", "pat", ALNUM, 14, "." + "9f86d081884c7d65" * 4),
    ("telegram-token", "12345678:AA", ALNUM, 33, ""),
]
NAMED = [
    ("heroku-key", "HEROKU_API_KEY", "832d2129-a846-4e27-99f4-7004b6ad53ef"),
    ("algolia-key", "algolia_key", "k3j9d8s7f6g5h4j3k2l1q0w9e8r7t6y5"),
    ("facebook-secret", "facebookSecret", "6dca6432e45d933e13650d1882bd5e69"),
    ("okta-token", "oktaApiToken", "00fWkOjwwL9xiFd-Vfgm_ePATIRxVj852Iblbb1DS_"),
    ("aws-secret-key", "aws_secret_access_key", "wJk7x3bQ9ZtP0cVf2LrY8uMnD5sGhK1oE6aXi4Tq"),
]
AROUND = [
    'key = "{}"',
    "export TOKEN={}",
    "  token: {}",
    '{{"token": "{}"}}',
    "Authorization: Bearer {}",
    "<token>{}</token>",
    "client(`{}`)",
    "x := '{}'",
]
GIVEN = ['{} = "{}"', "export {}={}", "{}: {}", '"{}": "{}",', "{} := `{}`", '{} => "{}"', "<{}>\n  {}\n</x>"]


def made(prefix: str, alphabet: str, size: int, suffix: str, seed: int = 7) -> str:
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    body = [chance.choice(alphabet) for _ in range(size)]
    body[: min(3, size)] = [alphabet[-1], alphabet[0], alphabet[len(alphabet) // 2]][: min(3, size)]
    return prefix + "".join(body) + suffix


@pytest.mark.parametrize(
    ("kind", "prefix", "alphabet", "size", "suffix"), FORMS, ids=[form[0] for form in FORMS]
)
def test_a_known_form_is_found_wherever_it_stands(kind, prefix, alphabet, size, suffix):
    secret = made(prefix, alphabet, size, suffix)

    for around in AROUND:
        text = "first line\n" + around.format(secret) + "\n"
        (found,) = find(text)
        assert found.detector.id == kind
        assert text[found.start : found.end] == found.value == secret


@pytest.mark.parametrize(
    ("kind", "prefix", "alphabet", "size", "suffix"), FORMS, ids=[form[0] for form in FORMS]
)
def test_a_known_form_inside_a_longer_word_is_none(kind, prefix, alphabet, size, suffix):
    secret = made(prefix, alphabet, size, suffix)

    assert kind not in {found.detector.id for found in find(f"a{secret}\n")}


@pytest.mark.parametrize(("kind", "name", "value"), NAMED, ids=[row[0] for row in NAMED])
def test_a_form_that_says_little_is_found_beside_its_name(kind, name, value):
    for given_to in GIVEN:
        assert [found.detector.id for found in find(given_to.format(name, value) + "\n")] == [kind]
    assert kind not in {found.detector.id for found in find(f'colour = "{value}"\n')}


def test_a_name_inside_another_word_is_not_the_name():
    assert find("rookTable = 0023452Lllk2KqjLBvaxANWEgTd7bqjsxjo8aZj0wd\n") == []


@pytest.mark.parametrize(
    "line",
    [
        'api_key = "q7Rk2LmX9wZt4VbN8cPd"',
        "CLIENT_SECRET=8f14e45fceea167a5a36dedd4bea2543",
        '"authToken": "Zx81kQpL-44mNvB_02hT"',
        'getenv("API_TOKEN", "dafa7817-e246-48f3-91a7-e87653d587b8")',
        'String encryptionKey = "mQ4t7w9zB2cDfG5hJ8kLnP1rS3uVxY6a";',
        "db_password: 'Tr0ub4dor&3x'",
        "const password = 'hX9#kq2!vLm'",
    ],
)
def test_a_value_made_by_chance_under_a_telling_name_is_found(line):
    assert len(find(line + "\n", "settings.py")) == 1


@pytest.mark.parametrize(
    "line",
    [
        'api_key = "your-api-key-here"',
        "api_key = os.environ['API_KEY']",
        "API_KEY=${API_KEY}",
        'token = "xxxxxxxxxxxxxxxxxxxxxxxx"',
        'password = "password123"',
        'password = "{{ vault_password }}"',
        "secret_length = X25519.secret_length",
        'keyword: "Befaehigung_P2"',
        "keyPressed = kVK_Return.u16",
        'public_key = "q7Rk2LmX9wZt4VbN8cPd"',
        "tokenizer = AutoTokenizer.from_pretrained(name)",
        'primary_key = "customer_identifier_2"',
        "clientId = '73082700-1f09-405b-80d0-3131bfd6272d'",
        'key = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"',
        "auth_url = 'https://login.example.org/oauth2/v2.0/token'",
        "secretName: my-service-tls-2024",
        "version_key = v1.22.333-rc0",
        'access_key_id = "customer-record-17"',
    ],
)
def test_what_is_no_secret_is_left_alone(line):
    assert find(line + "\n", "settings.py") == []


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("curl -u alice:pQ9wTxu4Fg https://x.example", 1),
        ("curl --user 'api:d2LkV78zLx!t' \\\n  https://x.example", 1),
        ("curl https://x.example \\\n -d a \\\n -u developer:yqDVtkqPECriaLRi", 1),
        ('curl -u "d2LkV78zLx!t:" https://x.example', 1),
        ("curl -u user:password https://x.example", 0),
        ('curl -u "$NAME:$PASSWORD" https://x.example', 0),
        ('curl -u "${{ secrets.A }}:${{ secrets.B }}" https://x.example', 0),
        ("curl -u alice https://x.example", 0),
        ("postgres://app:s3cr3t-Pw9@db.internal/app", 1),
        ("postgres://app:password@localhost/app", 0),
        ("postgres://app:${PASSWORD}@localhost/app", 0),
    ],
)
def test_passwords_on_command_lines_and_in_addresses(line, count):
    assert len(find(line + "\n")) == count


def test_a_token_whose_header_is_none_is_no_jwt():
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    real = ".".join(
        [part({"alg": "HS256", "typ": "JWT"}), part({"sub": "1234567890-abcdef"}), "c2lnbmF0dXJlc2ln"]
    )
    other = ".".join(
        [part({"hello": "world, this is text"}), part({"sub": "1234567890-abcdef"}), "c2lnbmF0dXJlc2ln"]
    )

    assert [found.detector.id for found in find(f"x = '{real}'")] == ["jwt"]
    assert find(f"x = '{other}'") == []


def test_generated_files_are_read_for_forms_only():
    line = 'integrity_key = "q7Rk2LmX9wZt4VbN8cPd", api_key = "q7Rk2LmX9wZt4VbN8cPd"\n'

    assert find(line, "web/package-lock.json") == []
    assert find(made("gh" + "p_", ALNUM, 36, ""), "web/package-lock.json")


def test_a_file_may_be_a_secret_by_its_name():
    assert [found.detector.id for found in find("", "certs/server.p12")] == ["pkcs12-file"]
    assert find("", "certs/server.p1200.sh") == []


def test_every_detector_has_a_name_of_its_own_form_and_a_title():
    assert all(detector.id and detector.title and detector.expression.pattern for detector in DETECTORS)
    assert all(word == word.lower() for detector in DETECTORS for word in detector.words)
    assert all(detector.words or not detector.anchored for detector in DETECTORS)


@given(st.text(max_size=400))
def test_any_text_is_read_and_places_hold(text):
    for found in find(text, "a.txt"):
        assert text[found.start : found.end] == found.value


@given(st.text(max_size=60), st.binary(max_size=8))
def test_a_mask_shows_at_most_a_quarter_and_never_more_than_four(secret, salt):
    shown, digest = mask(secret, salt=salt).rpartition("…")[0], mask(secret, salt=salt)[-8:]

    assert "".join(secret.split()).startswith(shown)
    assert len(shown) <= min(4, len(secret) // 4)
    assert len(digest) == 8


@given(st.text(max_size=80))
def test_entropy_is_between_nothing_and_the_length(text):
    assert 0 <= entropy(text) <= max(len(text), 1).bit_length() + 1


def test_words_are_not_chance():
    assert not is_random("connection-timeout-default-2")
    assert is_random("q7Rk2LmX9wZt4VbN8cPd")
    assert is_placeholder("<your key>")
    assert not is_placeholder("q7Rk2LmX9wZt4VbN8cPd")
