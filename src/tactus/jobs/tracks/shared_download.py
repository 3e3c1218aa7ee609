"""A file from elsewhere, in a folder that is there as long as somebody needs it."""

import asyncio
import tempfile
from pathlib import Path

from tactus.errors import InsufficientStorageError, ShuttingDownError
from tactus.jobs.ports import Downloaded, Fetcher
from tactus.logs import log


class SharedDownload:
    """One fetch that any number wait for; stopped, and its folder removed, when the last of them has left.

    Use as an async context manager, once by each who needs the file.

    Args:
        fetcher: Who fetches.
        url: From where.
        folder: In which to make the folder; None: the system's for temporary files.
    """

    def __init__(self, fetcher: Fetcher, url: str, folder: Path | None) -> None:
        self._n_users = 0
        self._fetched: asyncio.Future[Downloaded] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._hold(fetcher, url, folder))
        self._task.add_done_callback(self._tell)

    @property
    def is_joinable(self) -> bool:
        """Whether it is still on its way; one that has arrived may be older than what a newcomer asks for."""
        return not self._fetched.done() and not self._task.cancelling()

    async def __aenter__(self) -> Downloaded:
        self._n_users += 1
        try:
            await asyncio.wait({self._fetched})
            return self._fetched.result()
        except BaseException:
            await self.__aexit__()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._n_users -= 1
        if self._n_users == 0:
            await self.aclose()

    async def aclose(self) -> None:
        """Stop it and remove its folder, whoever may need it."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _hold(self, fetcher: Fetcher, url: str, folder: Path | None) -> None:
        # The folder belongs to this task, so that it is removed only when the fetch in it has come to its end.
        with tempfile.TemporaryDirectory(prefix="tactus-", dir=folder, ignore_cleanup_errors=True) as own:
            self._fetched.set_result(await fetcher.fetch(url, Path(own)))
            await asyncio.Event().wait()

    def _tell(self, task: "asyncio.Task[None]") -> None:
        error = ShuttingDownError() if task.cancelled() else task.exception()
        if self._fetched.done() or error is None:
            return
        if isinstance(error, OSError):  # the network's are the fetcher's to translate: these are the folder's
            log.error("download_not_stored", error=error.strerror)
            error = InsufficientStorageError("The file cannot be stored: there is no room for it on the disk.")
        self._fetched.set_exception(error)
        self._fetched.exception()  # everybody may have left
