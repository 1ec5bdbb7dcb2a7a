#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Merges surefire's reports, one a class, into one JUnit XML: merge_reports.py FOLDER RESULT.xml

Properties and captured output are left out. A run without any test is an error.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from pathlib import Path

COUNTS = ("tests", "failures", "errors", "skipped")


def merge(folder: Path) -> ET.Element:
    merged = ET.Element("testsuites", name="interop/java")
    totals = dict.fromkeys(COUNTS, 0)
    seconds = 0.0
    for report in sorted(folder.glob("TEST-*.xml")):
        suite = ET.parse(report).getroot()
        kept = ET.SubElement(merged, "testsuite", name=suite.get("name", report.stem))
        for name in (*COUNTS, "time"):
            kept.set(name, suite.get(name, "0"))
        for name in COUNTS:
            totals[name] += int(suite.get(name, "0"))
        seconds += float(suite.get("time", "0").replace(",", ""))
        kept.extend(without_output(case) for case in suite.iter("testcase"))
    for name, count in totals.items():
        merged.set(name, str(count))
    merged.set("time", f"{seconds:.3f}")
    return merged


def without_output(case: ET.Element) -> ET.Element:
    for output in case.findall("system-out") + case.findall("system-err"):
        case.remove(output)
    return case


def main(arguments: list[str]) -> int:
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder, result = map(Path, arguments)
    merged = merge(folder)
    if merged.get("tests") == "0":
        print(f"interop/java: no test ran (nothing in {folder})", file=sys.stderr)
        return 1
    ET.indent(merged)
    ET.ElementTree(merged).write(result, encoding="utf-8", xml_declaration=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
