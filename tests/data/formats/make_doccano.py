"""Writes the fixtures of doccano with its own server code, on Python 3.10.

pip install doccano==1.8.4 "marshmallow<3.20" numpy==1.26.4 setuptools==69.5.1

A shared project ("collaborative annotation") in a database in memory is exported as the web page does, in each format.
"""

import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent / "doccano"
TEXTS = [
    ("The lamp flickers at night", ["01"], []),
    ("Line one,\nline \"two\" of a note — çok iyi", ["true"], []),
    ("Two of us agree, as you see", ["01"], ["01"]),
    ("Two of us disagree here", ["01"], ["true"]),
    ("Nobody has seen this", [], []),
    ("A language", ["C#"], []),
]  # fmt: skip


def start():
    import backend  # the folder of doccano's server

    sys.path.insert(0, str(Path(backend.__path__[0])))
    folder = tempfile.mkdtemp()
    os.environ.update(DJANGO_SETTINGS_MODULE="config.settings.development", STANDALONE="1",
                      DATABASE_URL=f"sqlite:///{folder}/db.sqlite3", DOCCANO_HOME=folder)  # fmt: skip
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("create_roles", verbosity=0)
    return folder


def main():
    folder = start()
    from data_export.celery_tasks import export_dataset
    from django.contrib.auth import get_user_model
    from examples.models import Example
    from label_types.models import CategoryType
    from labels.models import Category
    from projects.models import ProjectType, TextClassificationProject

    users = [get_user_model().objects.create(username=name) for name in ("anna", "bela")]
    project = TextClassificationProject.objects.create(
        name="topics", description="", project_type=ProjectType.DOCUMENT_CLASSIFICATION, created_by=users[0],
        collaborative_annotation=True, single_class_classification=True,
    )  # fmt: skip
    types = {}
    for text, *answers in TEXTS:
        example = Example.objects.create(project=project, text=text, meta={"source": "mail"})
        for user, labels in zip(users, answers, strict=True):
            for label in labels:
                types[label] = types.get(label) or CategoryType.objects.create(project=project, text=label)
                Category.objects.create(example=example, user=user, label=types[label])
    HERE.mkdir(exist_ok=True)
    for format, suffix in (("JSONL", "jsonl"), ("JSON", "json"), ("CSV", "csv"), ("fastText", "txt")):
        with zipfile.ZipFile(export_dataset(project.id, format, False)) as archive:
            archive.extract(f"all.{suffix}", HERE)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
