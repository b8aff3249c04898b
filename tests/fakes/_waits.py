"""A child that waits to be ended: python -m tests.fakes._waits"""

import signal

from bench.process import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    print("ready", flush=True)
    signal.pause()
