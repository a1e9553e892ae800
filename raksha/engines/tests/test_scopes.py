from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raksha.engines.scopes import scope

PYTHON = """
class View:
    def get(self, request):
        if request.args:
            for name in request.args:
                here(name)

    async def post(self,
                   request):
        here(1)

here(2)
"""
SCRIPT = """
export const handler = async (req, res) => {
  if (req.query) {
    here(req)
  }
}
app.post = function (req) {
    here(req)
}
class A {
  render(props) {
    here(props)
  }
}
"""
JAVA = """
public class Users extends Base {
    @Override
    public List<User> find(String name) throws SQLException {
        try {
            here(name);
        }
    }
}
"""
GO = """
func (s *Server) Get(w http.ResponseWriter) {
\tif w != nil {
\t\there(w)
\t}
}
"""
YAML = """
jobs:
  build:
    steps:
      - run: here
"""
TERRAFORM = """
resource "aws_s3_bucket" "logs" {
  acl = here
}
"""


def scopes(path, source):
    lines = source.split("\n")
    found = [number for number, line in enumerate(lines, 1) if "here" in line]
    return [scope(path, number, lambda number: lines[number - 1]) for number in found]


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("a.py", PYTHON, ["View.get", "View.post", ""]),
        ("a.js", SCRIPT, ["handler", "post", "A.render"]),
        ("A.java", JAVA, ["Users.find"]),
        ("a.go", GO, ["Get"]),
        ("a.yml", YAML, ["jobs.build.steps"]),
        ("a.tf", TERRAFORM, ["resource.aws_s3_bucket.logs"]),
    ],
    ids=["python", "javascript", "java", "go", "yaml", "terraform"],
)
def test_the_names_around_a_line_are_found(path, source, expected):
    assert scopes(path, source) == expected


@given(st.lists(st.text(" \tdefclass(){}:;=>x", max_size=30), min_size=1, max_size=30))
def test_text_put_above_changes_nothing(lines):
    above = ["# more"] * 5 + [""]

    def at(block):
        return lambda number: block[number - 1]

    assert scope("a.py", len(lines), at(lines)) == scope("a.py", len(lines) + 6, at(above + lines))


def test_a_hostile_line_takes_no_time():
    line = "    " + "a(" * 100_000

    assert scope("a.java", 2, lambda number: line if number == 1 else " " * 8 + "x") in ("", "a")
