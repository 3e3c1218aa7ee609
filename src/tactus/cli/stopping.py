"""How a command is told to stop: by an interruption (Ctrl-C), or by SIGTERM, which is taken for one."""

import signal
from types import FrameType


def stop_as_interrupted() -> None:
    """Let SIGTERM interrupt the program, so that both end it in an orderly way.

    A shell's script lets what it starts in the background (`tactus live &`) ignore interruptions, which are meant for
    whoever is in front. SIGTERM is meant for the program: interruptions are then held back instead, until one comes.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.raise_signal(signal.SIGINT)
