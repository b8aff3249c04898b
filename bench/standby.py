"""A child that is started before its turn: it imports what it needs, and waits to be called."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bench.process import Ends, start, stop

JOURNAL = "WEIGHBRIDGE_JOURNAL"
"""Names the file that a child writes its reports into; so its presence says: you are a child."""
CALL = "WEIGHBRIDGE_CALL"
"""Names the descriptor over which a child says that it is ready, and hears that it may begin."""
READY, BEGIN = b"r", b"b"


def called() -> bool:
    """Whether a session started this child, and will tell when its turn is."""
    return CALL in os.environ


def await_turn() -> bool:
    """In a child: say that all is imported, and wait; False where it is wanted no more.

    Only where `called()`.
    """
    found = os.environ.pop(CALL)  # a child of this one has no part in it
    with socket.socket(fileno=int(found)) as line, suppress(ConnectionError):
        line.sendall(READY)
        return line.recv(1) == BEGIN
    return False


class Standby:
    """A started pytest of ours, and the journal that it writes."""

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="weighbridge-")
        self.journal, self._log = Path(self._folder.name, "journal"), Path(self._folder.name, "log")
        self._line, theirs = socket.socketpair()
        ours = {**env, CALL: str(theirs.fileno()), JOURNAL: str(self.journal)}
        with theirs, self._log.open("w") as output:
            ends = Ends(output=output, keep=(theirs.fileno(),))
            self._child: subprocess.Popen[str] = start("pytest", arguments, ours, ends)

    def settle(self) -> None:
        """Wait until it has imported all that it needs, or has died."""
        with suppress(ConnectionError):
            self._line.recv(1, socket.MSG_PEEK)

    def run(self) -> tuple[int, str]:
        """Let it begin; its exit code and what it said, once it has ended."""
        with suppress(OSError):  # it died: its code says how
            self._line.sendall(BEGIN)
        code = self._child.wait()
        return code, self._log.read_text(errors="replace")

    def stop(self) -> None:
        """End it where it has not ended; its journal stays."""
        self._line.close()
        stop(self._child)

    def close(self) -> None:
        """End it, and forget its folder."""
        self.stop()
        self._folder.cleanup()
