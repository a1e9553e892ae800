from __future__ import annotations

import pytest

from avyay_site.addresses import Allowance
from marga.gateway.guard import NotReachable, check
from marga.gateway.tests.harness import provider_row, question, stage, until

NOBODY = Allowance()
OURS = Allowance.parse(["10.1.0.0/16", "models.internal"])


@pytest.mark.parametrize(
    "found",
    [("127.0.0.1",), ("10.0.0.1",), ("169.254.169.254",), ("::1",), ("fe80::1%eth0",), ("::ffff:127.0.0.1",), ("93.184.216.34", "192.168.0.1")],
)  # fmt: skip
def test_a_name_with_any_private_address_is_not_reached(found):
    with pytest.raises(NotReachable):
        check("models.example.org", found, NOBODY)


@pytest.mark.parametrize(
    ("host", "found", "allowance"),
    [
        ("models.example.org", "93.184.216.34", NOBODY),
        ("93.184.216.34", "93.184.216.34", NOBODY),
        ("models.example.org", "10.1.2.3", OURS),
        ("models.internal", "192.168.0.1", OURS),
    ],
)
def test_public_and_allowed_addresses_are_reached(host, found, allowance):
    check(host, [found], allowance)


@pytest.mark.processes
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "[::ffff:127.0.0.1]"])
@pytest.mark.parametrize(("allowed", "status"), [("", 502), ("127.0.0.0/8,::ffff:127.0.0.0/104,::1", 200)])
async def test_a_members_provider_in_a_private_network_is_never_asked(tmp_path, host, allowed, status):
    async with stage(tmp_path, AVYAY_OUTBOUND_ALLOW=allowed) as here:
        url = here.upstream.base_url.replace("127.0.0.1", host)
        here.web.change({**here.web.document, "providers": [provider_row(url, is_trusted=False)]})
        await here.fetched()

        async with here.post() as answer:
            text = await answer.text()

    assert answer.status == status, text
    assert bool(here.upstream.requests) == (status == 200)
    if status == 502:
        assert "cannot be reached" in text


@pytest.mark.processes
async def test_a_provider_of_which_nothing_is_said_is_not_trusted(tmp_path):
    async with stage(tmp_path) as here:
        row = provider_row(here.upstream.base_url)
        del row["is_trusted"]
        here.web.change({**here.web.document, "providers": [row]})
        await here.fetched()

        async with here.post() as answer:
            assert answer.status == 502

    assert here.upstream.requests == []


@pytest.mark.processes
async def test_records_that_web_names_as_wrong_are_set_aside_and_the_others_are_not(tmp_path):
    async with stage(tmp_path) as here:
        here.web.wrong_model = "renamed"
        for model in ("m", "renamed", "m"):
            async with here.post(question(model=model)) as answer:
                assert answer.status == 200
        await until(lambda: len(here.web.records) == 2)

        folder = here.gateway.var / "spool" / "usage" / "rejected"
        await until(lambda: any(folder.glob("*.reasons")))
        kept = b"".join(path.read_bytes() for path in folder.iterdir() if path.suffix != ".reasons")

    assert kept.count(b'"renamed"') >= 1
    assert kept.count(b"\n") == 1
