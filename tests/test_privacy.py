"""Nothing is reported to anybody."""

from __future__ import annotations

import subprocess
import sys

_SCRIPT = """
import sys
from triptych import plugins
encoder = plugins.load("encoders", "builtin:minilm")
import openvino
import openvino.preprocess
assert "openvino_telemetry" not in sys.modules, "OpenVINO reports its use"
openvino.Core()
"""


def test_openvino_does_not_report_its_import() -> None:
    done = subprocess.run([sys.executable, "-c", _SCRIPT], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
