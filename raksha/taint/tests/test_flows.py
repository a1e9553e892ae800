"""Small programs whose lines marked `# found` are where data from outside arrives, and no others."""

from __future__ import annotations

import pytest

from raksha.taint.tests.programs import CASES, cases
from raksha.taint.tests.small import rules


@pytest.mark.parametrize("name", CASES)
def test_small_programs_have_findings_exactly_where_they_say(name: str) -> None:
    source, expected = cases()[name]

    assert rules(source) == expected
