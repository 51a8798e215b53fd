"""Publishes a trained model for TensorFlow Serving as the next version in its folder.

python -m classifier.publish model=outputs/train/<folder>/model serving_dir=models/support
python -m classifier.publish model=models:/support@champion serving_dir=models/support
"""

from pathlib import Path
from typing import Any

from classifier.command_line.run import run_command
from classifier.leaving import run_and_leave
from classifier.settings import PublishSettings
from classifier.terminal import say


def publish(settings: PublishSettings, _: Path) -> dict[str, Any]:
    """Copies the model to the serving folder, and returns the content of summary.json.

    Args:
        settings: settings of the command.

    Raises:
        UserError: if there is no such model, or the folder cannot be written.
    """
    from classifier.artifact.publish import check_serving_dir, publish_model
    from classifier.tracking.named_models import model_folder

    check_serving_dir(settings.serving_dir, "serving_dir")
    folder = model_folder(settings.model, settings.tracking)
    served = publish_model(folder, settings.serving_dir)
    say(f"Served   {served}")
    return {"model": str(folder), "served": str(served)}


def main() -> None:
    run_command("publish", PublishSettings, publish)


if __name__ == "__main__":
    run_and_leave(main)
