"""A server that goes away and comes back: whatever it is asked waits for it."""

import time
from collections.abc import Callable
from threading import RLock
from typing import TypeVar

from classifier.errors import UserError
from classifier.settings import Server
from classifier.terminal import warn
from classifier.tracking.server import first_line, reachable

PATIENCE_SECONDS = 600  # how long a sweep waits for a server that went away
PAUSE_SECONDS = 3
ATTEMPTS = 3  # at what a server refuses that answers

Answer = TypeVar("Answer")


class Patience:
    """Asks a server for one thing at a time, and says once that it waits.

    Args:
        settings: of the server.
    """

    def __init__(self, settings: Server) -> None:
        self.settings, self.lock, self.told = settings, RLock(), False

    def __call__(self, action: Callable[[], Answer]) -> Answer:
        """Does it, as soon as the server can be reached again.

        Raises:
            UserError: where the server goes on refusing it, as on a full disk, or was away for too long.
        """
        from mlflow.exceptions import MlflowException

        given_up, refusals = time.monotonic() + PATIENCE_SECONDS, 0
        while True:
            try:
                with self.lock:
                    return action()
            except UserError:
                raise
            except Exception as error:
                refusals += reachable(self.settings)
                if refusals == ATTEMPTS or time.monotonic() > given_up:
                    if not isinstance(error, MlflowException | OSError):
                        raise
                    raise UserError(
                        f"tracking.uri={self.settings.safe_uri} rejects what the sweep sends: {first_line(error)}. "
                        "Once it does, the same command continues the sweep."
                    ) from error
                if not self.told:
                    warn(f"Tracking failed: {first_line(error)}. The sweep waits and tries again.")
                self.told = True
                time.sleep(PAUSE_SECONDS)
