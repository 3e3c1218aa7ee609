"""Fork server: a process without threads that has loaded all modules and only forks children.

A request is one byte on the control socket with two descriptors: the socket of the child, and a status socket, on
which the server sends the process id of the child (or the negative errno of a failed fork) and later its exit code. The
end of file on a status socket makes the server kill the child, that on the control socket makes it kill all and exit,
so no child outlives the process that started it.

The fork server of multiprocessing is not used because a failed fork ends it, it imports the main program again in every
child, and exit codes are lost if two threads wait for them.
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

STATUS = struct.Struct(">i")
"""Encoding of process ids, errors and exit codes on status sockets."""


def main() -> None:
    """Import the module named by the second argument, then serve the control socket, whose descriptor is the first."""
    os.dup2(2, 1)  # output of libraries must not mix with the output of the program
    for number in (signal.SIGINT, signal.SIGTERM):  # they may go to the whole process group; the parent handles them
        signal.signal(number, signal.SIG_IGN)
    control = socket.socket(fileno=int(sys.argv[1]))
    try:
        importlib.import_module(sys.argv[2])
    except Exception:  # noqa: BLE001  any error of a library; the children that need it fail by themselves
        traceback.print_exc()
    gc.collect()
    gc.freeze()  # so that garbage collection in children does not touch, and so copy, the shared pages
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
                    if not self._handle_request():
                        return
                elif key.fileobj is self._wakeup:
                    with contextlib.suppress(BlockingIOError):
                        self._wakeup.recv(4096)
                    self._reap_children()
                elif key.data in self._statuses:
                    self._selector.unregister(key.fileobj)
                    os.kill(key.data, signal.SIGKILL)  # not yet reaped, so the id is still the child's

    def _handle_request(self) -> bool:
        """Handle a request on the control socket; returns False at its end of file, after killing all children."""
        request, descriptors, _, _ = socket.recv_fds(self._control, 1, 2)
        sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        if not request:
            for pid in self._statuses:
                os.kill(pid, signal.SIGKILL)
            for pid in self._statuses:  # the exit of the server then means that all have ended
                os.waitpid(pid, 0)
            return False
        if len(sockets) == 2:
            connection, status = sockets
            try:
                pid = os.fork()
            except OSError as error:
                _send_status(status, -(error.errno or 1))
            else:
                if pid == 0:
                    self._become_child(connection, status)
                _send_status(status, pid)
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
            for inherited in (self._control, self._wakeup, self._alarm, status, *self._statuses.values()):
                inherited.close()
            run_child(connection)
            exit_code = 0
        except BaseException:  # noqa: BLE001  the child must never return into the loop of the server
            traceback.print_exc()
        finally:
            with contextlib.suppress(BaseException):
                sys.stderr.flush()
            os._exit(exit_code)

    def _reap_children(self) -> None:
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
            _send_status(status, os.waitstatus_to_exitcode(wait_status))
            status.close()


def _send_status(status: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):
        status.sendall(STATUS.pack(number))
