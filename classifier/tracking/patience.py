"""Repeats requests to a server that goes away and comes back."""

import time
from collections.abc import Callable
from threading import RLock
from typing import TypeVar

from classifier.errors import UserError
from classifier.settings import Server
from classifier.terminal import warn
from classifier.tracking.server import first_line, reachable

PATIENCE_SECONDS = 600  # time for which a sweep waits for a lost server
PAUSE_SECONDS = 3
ATTEMPTS = 3  # for requests that a reachable server rejects

Result = TypeVar("Result")


class Patience:
    """Sends one request at a time to a server, and warns once if it has to wait.

    Args:
        settings: settings of the server.
    """

    def __init__(self, settings: Server) -> None:
        self.settings, self.lock, self.warned = settings, RLock(), False

    def __call__(self, action: Callable[[], Result]) -> Result:
        """Calls `action`, and repeats it until the server can be reached.

        Raises:
            UserError: if the server keeps rejecting the request, as with a full disk, or was away for too long.
        """
        from mlflow.exceptions import MlflowException

        deadline, refusals = time.monotonic() + PATIENCE_SECONDS, 0
        while True:
            try:
                with self.lock:
                    return action()
            except UserError:
                raise
            except Exception as error:
                refusals += reachable(self.settings)
                if refusals == ATTEMPTS or time.monotonic() > deadline:
                    if not isinstance(error, MlflowException | OSError):
                        raise
                    raise UserError(
                        f"tracking.uri={self.settings.safe_uri} rejects what the sweep sends: {first_line(error)}. "
                        "Once it does, the same command continues the sweep."
                    ) from error
                if not self.warned:
                    warn(f"Tracking failed: {first_line(error)}. The sweep waits and tries again.")
                self.warned = True
                time.sleep(PAUSE_SECONDS)
