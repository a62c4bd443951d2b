"""What holds for every test: Ctrl-C reaches the programs that they start, even when the run is a background job.

A shell starts background jobs with SIGINT ignored, and programs inherit that; a handled signal they get back as the
default.
"""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
