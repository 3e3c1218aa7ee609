"""A process that forks children, and does nothing else: it has loaded what they need, and has no threads.

It is told to by one byte on its control socket, which carries two descriptors: the child's socket, and a status socket
on which the server says the child's process id (or minus the error number of a fork that failed) and later its exit
code. The end of file of a status socket asks for the child to be killed; that of the control socket for everything to
end, so nothing outlives the process that started it.

Why not multiprocessing's: a fork that fails ends that one, it imports the main program again in every child, and
exit codes are lost where two threads look for them.
"""

import contextlib
import gc
import importlib
import os
import selectors
import signal
import socket
import struct
import sys
import traceback

from tactus.workers.child import run_child

NUMBER = struct.Struct(">i")
"""How process ids and exit codes are sent."""


def main() -> None:
    """Serve the control socket whose descriptor is the first argument, with the module named by the second loaded."""
    os.dup2(2, 1)  # what a library prints must not get between the lines that the program writes
    for interruption in (signal.SIGINT, signal.SIGTERM):  # to whomever they are sent; the parent decides what they mean
        signal.signal(interruption, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    try:
        importlib.import_module(sys.argv[2])
    except Exception:  # noqa: BLE001  a library may fail in any way; the children that need it will fail by themselves
        traceback.print_exc()
    gc.collect()
    gc.freeze()  # keeps the collector of every child from touching, and so copying, what all share
    _ForkServer(control).serve()


class _ForkServer:
    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._statuses: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._wakeup, self._alarm = socket.socketpair()

    def serve(self) -> None:
        for end in (self._wakeup, self._alarm):
            end.setblocking(False)
        signal.set_wakeup_fd(self._alarm.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(self._wakeup, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._control:
                    if not self._fork_one():
                        return
                elif key.fileobj is self._wakeup:
                    with contextlib.suppress(BlockingIOError):
                        self._wakeup.recv(4096)
                    self._reap()
                elif key.data in self._statuses:
                    self._selector.unregister(key.fileobj)
                    os.kill(key.data, signal.SIGKILL)  # not yet reaped, so the id is still the child's

    def _fork_one(self) -> bool:
        """Whether to go on."""
        request, descriptors, _, _ = socket.recv_fds(self._control, 1, 2)
        sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        if not request:
            for pid in self._statuses:
                os.kill(pid, signal.SIGKILL)
            for pid in self._statuses:  # our own end then says that they are gone
                os.waitpid(pid, 0)
            return False
        if len(sockets) == 2:
            connection, status = sockets
            try:
                pid = os.fork()
            except OSError as error:
                _tell(status, -(error.errno or 1))
            else:
                if pid == 0:
                    self._become_child(connection, status)
                _tell(status, pid)
                self._statuses[pid] = status
                self._selector.register(status, selectors.EVENT_READ, pid)
                sockets.remove(status)
        for unneeded in sockets:
            unneeded.close()
        return True

    def _become_child(self, connection: socket.socket, status: socket.socket) -> None:
        exit_code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            for foreign in (self._control, self._wakeup, self._alarm, status, *self._statuses.values()):
                foreign.close()
            run_child(connection)
            exit_code = 0
        except BaseException:  # noqa: BLE001  nothing may return into the server's loop
            traceback.print_exc()
        finally:
            with contextlib.suppress(BaseException):
                sys.stderr.flush()
            os._exit(exit_code)

    def _reap(self) -> None:
        while self._statuses:
            try:
                pid, wait_status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            status = self._statuses.pop(pid)
            with contextlib.suppress(KeyError):
                self._selector.unregister(status)
            _tell(status, os.waitstatus_to_exitcode(wait_status))
            status.close()


def _tell(status: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):
        status.sendall(NUMBER.pack(number))
