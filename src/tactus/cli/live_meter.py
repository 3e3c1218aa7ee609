"""Level meter of live sound in a terminal."""

from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

WIDTH = 48
BARS = (("bass", "bass_level", "red"), ("mid", "mid_level", "green"), ("treble", "treble_level", "cyan"))
BEAT_FRAMES = 4
"""Frames for which a beat stays lit: about 90 ms, long enough to be seen."""


class LiveMeter:
    """A meter that is redrawn with every frame; a context manager that owns the terminal."""

    def __init__(self) -> None:
        self._live = Live(console=Console(), auto_refresh=False, transient=True)
        self._lit = 0
        self._note = "waiting for sound; Ctrl-C ends"

    def __enter__(self) -> "LiveMeter":
        self._live.start()
        self._live.update(Text(self._note), refresh=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, message: dict[str, Any]) -> None:
        """Draw a frame, or keep the text of an event for the next one."""
        if message["type"] != "frame":
            self._note = self._in_words(message)
            return
        self._lit = BEAT_FRAMES if message["beat_detected"] else max(0, self._lit - 1)
        table = Table(box=None, show_header=False, padding=(0, 1))
        for name, level, colour in BARS:
            table.add_row(name, _bar(message[level], colour))
        table.add_row("volume", _bar(message["overall_volume"], "white"))
        tempo = message["tempo"]
        bpm = tempo["bpm"] if isinstance(tempo, dict) else tempo
        text = f"{bpm:6.1f} bpm" if bpm else "no tempo yet"
        table.add_row("beat", Text(("● " if self._lit else "○ ") + text, style="bold" if self._lit else ""))
        self._live.update(Group(table, Text(self._note, style="dim")), refresh=True)

    def _in_words(self, message: dict[str, Any]) -> str:
        device = (message.get("device") or {}).get("name") or message.get("source", "")
        words = {
            "state": f"{message.get('state', '')}: {device}",
            "device_lost": f"{device} is gone; waiting for it to come back",
            "stalled": "the input delivers nothing",
            "resumed": "sound is back",
            "gap": f"some sound was lost ({message.get('reason', '')})",
        }
        return message.get("remedy") or words.get(message["type"], self._note)


def _bar(level: float, colour: str) -> Text:
    full = round(WIDTH * min(1.0, level))
    return Text("█" * full, style=colour).append("·" * (WIDTH - full), style="dim")
