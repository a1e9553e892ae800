from __future__ import annotations

from avyay_site import logfiles


def test_a_long_log_is_moved_aside_while_its_writer_goes_on(tmp_path):
    with logfiles.open_log(tmp_path, "web") as writer:
        writer.write(b"old line\n" * 10)
        writer.flush()

        assert not logfiles.rotate(tmp_path, "web", most_bytes=90)
        assert logfiles.rotate(tmp_path, "web", most_bytes=89)
        writer.write(b"new line\n")

    assert (tmp_path / "web.log").read_bytes() == b"new line\n"
    assert (tmp_path / "web.log.1").read_bytes() == b"old line\n" * 10


def test_an_excerpt_names_the_file_and_shows_the_last_lines_of_this_start_only(tmp_path):
    (tmp_path / "web.log").write_text("earlier\n")
    since = logfiles.size(tmp_path, "web")
    with logfiles.open_log(tmp_path, "web") as writer:
        writer.write("".join(f"line {number}\n" for number in range(20)).encode())

    shown = logfiles.excerpt(tmp_path, "web", since=since)

    assert shown.startswith(f" The end of {tmp_path / 'web.log'}:")
    assert shown.endswith("  line 18\n  line 19")
    assert "earlier" not in shown


def test_no_log_is_no_excerpt_and_no_complaint(tmp_path):
    assert logfiles.excerpt(tmp_path, "web") == ""
    assert logfiles.complaint(tmp_path, "web") == ""
    assert logfiles.size(tmp_path, "web") == 0
    assert not logfiles.rotate(tmp_path, "web")
