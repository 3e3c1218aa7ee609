"""Selection of a run's device: the options to open the source with, and whether they have worked."""

import asyncio
import contextlib
from dataclasses import replace

from tactus.errors import TactusError
from tactus.workers.live_options import LiveOptions


class SourceSelection:
    """The options that a run opens its source with. A device can be selected while another is in use.

    Args:
        options: Options at the start.
    """

    def __init__(self, options: LiveOptions) -> None:
        self.options = options
        """Options to open the source with now."""
        self.number = 0
        """Counts selections: the result of an earlier one is void."""
        self._working: LiveOptions | None = None
        self._changed = asyncio.Event()
        self._opened = _new_future()

    @property
    def has_worked(self) -> bool:
        """Whether the source was ever open."""
        return self._working is not None

    @property
    def is_open(self) -> bool:
        """Whether the present selection has been opened, or given up."""
        return self._opened.done()

    async def wait_until_open(self) -> None:
        """Return once the present selection is open, or the run is cancelled.

        Raises:
            TactusError: The source cannot be opened.
        """
        opened = self._opened
        await asyncio.wait({opened})
        if not opened.cancelled():
            opened.result()

    def select_device(self, device: int | str) -> None:
        """Select another device; those who wait for the one before wait no longer."""
        self._opened.cancel()
        self._opened = _new_future()
        self.options = replace(self.options, request=replace(self.options.request, device=device))
        self.number += 1
        self._changed.set()

    def confirm(self, device: int | str | None) -> None:
        """Note that the source is open.

        Args:
            device: Id of the device in use. The default may change later: once open, the run stays with this one.
        """
        request = replace(self.options.request, device=self.options.request.device if device is None else device)
        self.options = self._working = replace(self.options, request=request)

    def announce_open(self) -> None:
        """Release those who wait until the source is open."""
        self._opened.set_result(None)

    def refuse(self, number: int, error: TactusError) -> bool:
        """Note that the source of selection `number` cannot be opened, and go back to the device that worked.

        Returns:
            Whether the run is over, because no device has worked.
        """
        if number == self.number and not self._opened.done():
            self._opened.set_exception(error)
            if self._working is None:
                return True
            self.options = self._working
            self.number += 1
        return False

    def cancel(self) -> None:
        """Release those who wait: the run ends."""
        self._opened.cancel()

    async def wait_for_change(self, timeout_s: float) -> None:
        """Wait until another device is selected, at most `timeout_s`."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._changed.wait()


def _new_future() -> "asyncio.Future[None]":
    """A future whose exception need not be read."""
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future
