"""Makes the model of a run the champion of a registered name, if it is better than the current one, or rolls back.

python -m classifier.promote run=<run id> name=support
python -m classifier.promote run=<run id> name=support promote.rule=any_gain promote.metric=macro_f1
python -m classifier.promote name=support promote.rollback=true
"""

from pathlib import Path
from typing import Any

from classifier.command_line.run import run_command
from classifier.leaving import run_and_leave
from classifier.settings import PromoteSettings
from classifier.terminal import say


def promote(settings: PromoteSettings, output: Path) -> dict[str, Any]:
    """Moves the alias champion, or prints why it stays, and returns the content of summary.json.

    Args:
        settings: checked settings, with either `run` or `promote.rollback`.
        output: output folder of the command.

    Raises:
        UserError: if there is no such run, model or champion, or the models cannot be compared.
    """
    from classifier.tracking.registry import promote as promote_version
    from classifier.tracking.registry import roll_back

    if settings.run is None:
        found = roll_back(settings.name, settings.tracking)
    else:
        found = promote_version(settings.run, settings.name, settings.promote, settings.force, settings.tracking)
    say(f"{found.reason}.")
    return {
        "run_id": found.run_id,
        "model": f"models:/{settings.name}@champion",
        "promoted": found.promoted,
        "version": found.version,
        "champion": found.champion,
        "previous_champion": found.previous,
        "reason": found.reason,
        "metrics": {"valid": {settings.promote.metric.name: found.numbers}} if found.numbers else {},
    }


def main() -> None:
    run_command("promote", PromoteSettings, promote)


if __name__ == "__main__":
    run_and_leave(main)
