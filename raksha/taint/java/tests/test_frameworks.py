"""Spring and JAX-RS by themselves: what a handler returns, what is injected, what a body binds to."""

from __future__ import annotations

import pytest

from raksha.taint import engine

HEAD = """package app;
import org.springframework.web.bind.annotation.*; import org.springframework.http.*; import org.springframework.stereotype.*;
import java.util.*; import java.io.*; import java.nio.file.*; import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.ui.Model; import org.springframework.web.servlet.ModelAndView; import javax.ws.rs.*;
"""
QUERY = 'queryForList("select * from t where a = \'" + n + "\'")'
SERVICE = "package app; public interface Service { Object find(String n); }"
OPEN = f"package app; public class ServiceImpl implements Service {{ org.springframework.jdbc.core.JdbcTemplate j; public Object find(String n) {{ return j.{QUERY}; }} }}"
BOUND = OPEN.replace(QUERY, 'queryForList("select * from t where a = ?", n)')
REST = ("@RestController", '@GetMapping("/x")', "String", "@RequestParam String q")
VIEW = ("@Controller", '@GetMapping("/x")', "String", "@RequestParam String q")


def found(frame, body, members="", **files):
    mark, mapping, result, params = frame
    code = f"{HEAD}{mark} public class T {{ {mapping} public {result} go({params}) throws Exception {{ {body} }}\n{members} }}"
    given = {"app/T.java": code.encode()} | {
        f"app/{name}.java": text.encode() for name, text in files.items()
    }
    made = engine.analyse(given, languages=dict.fromkeys(given, "java"))
    assert not made.unfinished
    assert not made.unparsed
    return {cwe for one in made.detections for cwe in one.cwe}


def with_result(frame, result):
    return (*frame[:2], result, frame[3])


def with_params(frame, params):
    return (*frame[:3], params)


def with_mapping(frame, mapping):
    return (frame[0], mapping, *frame[2:])


@pytest.mark.parametrize(
    ("cwe", "true", "false"),
    [
        (79, (REST, 'return "<p>" + q;'), (with_params(REST, "@RequestParam int q"), 'return "<p>" + q;')),
        (79, (REST, 'return "<p>" + q;'),
         (with_mapping(REST, '@GetMapping(value = "/x", produces = MediaType.TEXT_PLAIN_VALUE)'), 'return "<p>" + q;')),
        (79, (REST, 'return "<p>" + q;'), (with_result(REST, "Map<String, String>"), 'return Map.of("q", q);')),
        (79, (with_result(REST, "ResponseEntity<String>"), "return ResponseEntity.ok(q);"),
         (with_result(REST, "ResponseEntity<String>"),
          "return ResponseEntity.ok().contentType(MediaType.APPLICATION_JSON).body(q);")),
        (79, (("@Path(\"/x\")", '@GET @Produces("text/html")', "String", '@QueryParam("q") String q'), "return q;"),
         (("@Path(\"/x\")", '@GET @Produces("application/json")', "String", '@QueryParam("q") String q'), "return q;")),
        (601, (VIEW, 'return "redirect:" + q;'), (VIEW, 'return "redirect:/home?x=" + q;')),
        (601, (with_result(VIEW, "ModelAndView"), 'return new ModelAndView("redirect:" + q);'),
         (with_result(VIEW, "ModelAndView"), 'return new ModelAndView("home", "q", q);')),
    ],
    ids=range(7),
)  # fmt: skip
def test_what_a_handler_returns_is_judged_by_what_it_becomes(cwe, true, false):
    assert cwe in found(*true)
    assert cwe not in found(*false)


@pytest.mark.parametrize(
    "made", ["@Autowired Service s;", "private final Service s; T(Service s) { this.s = s; }"]
)
def test_an_injected_interface_is_what_implements_it(made):
    frame = with_result(REST, "Object")

    assert 89 in found(frame, "return s.find(q);", made, Service=SERVICE, ServiceImpl=OPEN)
    assert 89 not in found(frame, "return s.find(q);", made, Service=SERVICE, ServiceImpl=BOUND)


@pytest.mark.parametrize(
    ("form", "read"),
    [("record Form(String name) { }", "name()"),
     ("static class Form { private String name; public String getName() { return name; } }", "getName()")],
    ids=["record", "bean"],
)  # fmt: skip
def test_a_body_is_data_from_outside_whatever_it_is_bound_to(form, read):
    frame = with_params(with_result(REST, "Object"), "@RequestBody Form f")

    assert 89 in found(frame, f"String n = f.{read}; return j.{QUERY};", "@Autowired JdbcTemplate j; " + form)


def test_a_setting_of_a_file_decides_when_the_file_is_there():
    code = (
        "package app; class A { void go() throws Exception { java.util.Properties p = new java.util.Properties();"
        ' p.load(A.class.getResourceAsStream("/app.properties"));'
        ' java.security.MessageDigest.getInstance(p.getProperty("hash", "SHA-256")); } }'
    )
    files = {"src/main/java/app/A.java": code.encode()}
    languages = {"src/main/java/app/A.java": "java"}
    setting = {"src/main/resources/app.properties": b"# settings\nhash = MD5\n"}

    assert not engine.analyse(files, languages=languages).detections
    made = engine.analyse(files | setting, languages=languages)
    assert [one.rule for one in made.detections] == ["java.weak-hash"]
    assert "src/main/resources/app.properties" in made.consulted["src/main/java/app/A.java"]
