"""The toy screen-pop against the scenario of the gallery, as an integrator would test his own.

Run by `cargo xtask interop`, which sets TIELINE_BIN.
"""

import urllib.error
import xml.etree.ElementTree as xml

import pytest
from pbx import GALLERY, Pbx
from toy import ScreenPop


@pytest.fixture
def pbx():
    pbx = Pbx(GALLERY / "screen-pop.toml")
    yield pbx
    pbx.end()


@pytest.fixture
def pop(pbx):
    wsi = pbx.contract["wsi"]
    alice = next(user for user in wsi["users"] if user["extension"] == "101")
    pop = ScreenPop(wsi["dialects"]["v16"], alice["username"], wsi["domain"], alice["password"])
    yield pop
    pop.close()


def test_a_caller_pops_once_while_it_rings_at_two_devices(pbx, pop):
    pbx.step("3s")  # stands until the program has logged in and subscribed
    assert pop.wait(1) == [("12025550123", "101")]
    [call] = pbx.call("/sim/calls")
    assert (call["id"], call["ringing"], call["talking"]) == ("first", ["101"], None)


def test_the_whole_scenario_is_passed(pbx, pop):
    assert pbx.step("60s")["over"]
    assert pop.wait(2) == [("12025550123", "101"), ("+442075550188", "101")]
    code, report = pbx.stop()
    assert (code, report["success"], [check["verdict"] for check in report["checks"]]) == (0, True, ["met", "met"])


def test_a_call_that_the_test_begins_pops_too(pbx, pop):
    pbx.step("1500ms")
    pbx.do(call={"id": "own", "from": "12025550177", "name": "Own Caller", "to": "101"})
    assert pop.wait(1) == [("12025550177", "101")]
    pbx.step("400ms")
    pbx.do(answer={"call": "own", "by": "101"})
    pbx.do(hang_up="own")
    assert pbx.call("/sim/calls") == []


def test_it_comes_back_after_the_line_was_cut(pbx, pop):
    pbx.step("2500ms")
    pop.wait(1)
    pbx.do(expect={"login": "101", "within": "5s", "label": "it comes back"})
    pbx.do(fault="restart")
    pbx.step("1s")  # stands until it is back
    assert {check["name"]: check["verdict"] for check in pbx.report()["checks"]}["it comes back"] == "met"
    assert len(pbx.call("/sim/clients")) >= 2


def test_the_transcript_holds_no_password(pbx, pop):
    pbx.step("2500ms")
    text = str(pbx.call("/sim/transcript"))
    assert '"command":"auth"' in text and "[redacted]" in text
    assert not any(user["password"] in text for user in pbx.contract["wsi"]["users"])


def test_a_step_that_cannot_be_done_is_refused(pbx):
    with pytest.raises(urllib.error.HTTPError) as refused:
        pbx.do(answer="nobody")
    assert refused.value.code == 404


def test_without_the_program_the_run_fails_with_code_9_and_junit_says_why(tmp_path):
    scenario = tmp_path / "scenario.toml"
    text = (GALLERY / "screen-pop.toml").read_text(encoding="utf-8")
    scenario.write_text('patience = "100ms"\n' + text, encoding="utf-8")
    junit = tmp_path / "report.xml"
    pbx = Pbx(scenario, "--junit", str(junit))
    try:
        pbx.step("60s")
        code, report = pbx.stop()
    finally:
        pbx.end()
    assert (code, report["success"]) == (9, False)
    suite = xml.parse(junit).getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("2", "2")
    assert suite.find("testcase/failure").get("message") == "did not happen"
