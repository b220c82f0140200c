"""Nothing leaves this machine unasked: not by a library of ours either."""

from __future__ import annotations

import sys


def no_telemetry() -> None:
    """Keep OpenVINO from reporting its import to Google Analytics.

    It does so from a child process that it forks in a thread, which, besides, hangs for ever when
    NumPy is multiplying matrices meanwhile (OpenBLAS waits for its threads before a fork). The reporting
    stands in `openvino.tools.ovc`, the model converter, which `import openvino` takes as optional.
    """
    sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]
