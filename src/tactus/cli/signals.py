"""Signals that end a command: SIGINT (Ctrl-C), and SIGTERM, which is handled as SIGINT."""

import signal
from types import FrameType


def handle_sigterm_as_sigint() -> None:
    """Let SIGTERM raise `KeyboardInterrupt`, so that both signals end the program in an orderly way.

    A shell script starts background commands (`tactus live &`) with SIGINT ignored, since it is meant for the
    foreground. SIGTERM is meant for the command: SIGINT is then blocked instead of ignored, until SIGTERM arrives.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _raise_sigint)


def _raise_sigint(_number: int, _frame: FrameType | None) -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.raise_signal(signal.SIGINT)
