"""A download that is shared by concurrent requests for the same URL, in a temporary folder of its own."""

import asyncio
import tempfile
from pathlib import Path

from tactus.errors import InsufficientStorageError, ShuttingDownError
from tactus.jobs.ports import DownloadedFile, Fetcher
from tactus.logs import log


class SharedDownload:
    """One download with any number of users; cancelled, and its folder removed, when the last of them has left.

    Use as an async context manager, once per user of the file.

    Args:
        fetcher: Fetcher of the file.
        url: URL of the file.
        folder: Parent of the temporary folder; None: the system's folder for temporary files.
    """

    def __init__(self, fetcher: Fetcher, url: str, folder: Path | None) -> None:
        self._n_users = 0
        self._downloaded: asyncio.Future[DownloadedFile] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._download(fetcher, url, folder))
        self._task.add_done_callback(self._set_exception)

    @property
    def is_joinable(self) -> bool:
        """True if the download is still in progress; a complete file may be older than a new request."""
        return not self._downloaded.done() and not self._task.cancelling()

    async def __aenter__(self) -> DownloadedFile:
        self._n_users += 1
        try:
            await asyncio.wait({self._downloaded})
            return self._downloaded.result()
        except BaseException:
            await self.__aexit__()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._n_users -= 1
        if self._n_users == 0:
            await self.aclose()

    async def aclose(self) -> None:
        """Cancel the download and remove its folder, whether it has users or not."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _download(self, fetcher: Fetcher, url: str, folder: Path | None) -> None:
        """Fetch the file and keep its folder until this task is cancelled."""
        # The folder belongs to this task, so that it is removed only when the fetch into it has ended.
        with tempfile.TemporaryDirectory(prefix="tactus-", dir=folder, ignore_cleanup_errors=True) as own:
            self._downloaded.set_result(await fetcher.fetch(url, Path(own)))
            await asyncio.Event().wait()

    def _set_exception(self, task: "asyncio.Task[None]") -> None:
        error = ShuttingDownError() if task.cancelled() else task.exception()
        if self._downloaded.done() or error is None:
            return
        if isinstance(error, OSError):  # of the folder: the fetcher translates those of the network
            log.error("download_not_stored", error=error.strerror)
            error = InsufficientStorageError("The file cannot be stored: there is no room for it on the disk.")
        self._downloaded.set_exception(error)
        self._downloaded.exception()  # marks it as retrieved, since all users may have left
