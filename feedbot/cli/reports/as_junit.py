"""A report as JUnit XML, which CI servers show as tests: one for each link, or for each file."""

from xml.etree import ElementTree

from feedbot.articles.text import clean_text
from feedbot.cli.reports.report import Finding, Report
from feedbot.cli.text import plain
from feedbot.core.urgency import Level


def render(report: Report) -> str:
    """A suite of test cases in the order of the findings, in the shape that Jenkins' schema (junit-10.xsd) has.

    Before them stand the files that could not be looked at, each an error.
    """
    suite = ElementTree.Element("testsuite", name=f"feedbot {report.command}")
    for finding in report.unusable:
        _add_error(suite, report.command, finding)
    by_subject: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_subject.setdefault(finding.subject, []).append(finding)
    for findings in by_subject.values():
        _add_case(suite, report.command, findings)
    cases = suite.findall("testcase")
    failed = str(sum(case.find("failure") is not None for case in cases))
    errors = str(len(report.unusable))
    skipped = str(sum(case.find("skipped") is not None for case in cases))
    seconds = f"{sum(finding.seconds for finding in report.findings):.3f}"
    told = {"tests": str(len(cases)), "failures": failed, "errors": errors, "skipped": skipped, "time": seconds}
    suite.attrib |= told
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root, " ")
    # ASCII: whoever reads it need not know how it was written.
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root).decode()}\n'


def _add_error(suite: ElementTree.Element, command: str, finding: Finding) -> None:
    """Add the test case of a file that could not be looked at, which is an error and not a failure."""
    case = ElementTree.SubElement(suite, "testcase", name=_text(finding.subject), classname=f"feedbot {command}")
    case.set("time", "0.000")
    error = ElementTree.SubElement(case, "error", type=finding.code, message=_text(finding.text))
    error.text = _told(finding)


def _add_case(suite: ElementTree.Element, command: str, findings: list[Finding]) -> None:
    """Add the test case of one subject; what does not fail and is not fine is told as its output."""
    subject, places = findings[0].subject, findings[0].places
    shown_in = places[0].path if places and places[0].path != subject else f"feedbot {command}"
    case = ElementTree.SubElement(suite, "testcase", name=_text(subject), classname=_text(shown_in))
    case.set("time", f"{sum(finding.seconds for finding in findings):.3f}")
    output = [_told(finding) for finding in findings if not finding.fails and finding.level in _TOLD]
    for finding in findings:
        if finding.fails:
            failure = ElementTree.SubElement(case, "failure", type=finding.code, message=_text(finding.text))
            failure.text = _told(finding)
        elif finding.level is Level.UNKNOWN:
            ElementTree.SubElement(case, "skipped", message=_text(finding.text))
    if output:
        ElementTree.SubElement(case, "system-out").text = "\n".join(output)


_TOLD = {Level.ERROR, Level.WARNING, Level.NOTE}


def _told(finding: Finding) -> str:
    lines = [f"{finding.code}: {finding.text}", finding.advice, *(place.words for place in finding.places)]
    return "\n".join(_text(line) for line in lines if line)


def _text(text: str) -> str:
    """The text without what XML forbids and what moves a cursor."""
    return clean_text(plain(text))
