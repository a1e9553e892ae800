from raksha.coverage import TITLES, WHYS, Skip, count, is_partial


def test_every_reason_has_a_title():
    assert set(TITLES) == set(WHYS)


def test_a_scan_is_partial_when_something_was_left_out_that_may_hide_a_finding():
    assert is_partial([Skip("a.py", "timed_out", "It took too long.")])
    assert not is_partial([Skip("a.png", "binary", "No text.")])
    assert not is_partial([])


def test_counts_come_most_first():
    skips = [Skip("a", "limit", ""), Skip("b", "binary", ""), Skip("c", "binary", "")]

    assert list(count(skips).items()) == [("binary", 2), ("limit", 1)]
