"""Runs are named after their data and the settings that differ from the defaults."""

import pytest

from classifier.command_line.compose import compose_training
from classifier.settings.data_name import data_name

TICKETS = ["data=files", "data.train=tickets.csv"]


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        ([], "embedded"),
        (["encoder=small", "seed=0", "trainer.epochs=null"], "embedded"),  # the defaults
        ([*TICKETS, "encoder=tiny", "seed=1"], "tickets encoder=tiny seed=1"),
        ([*TICKETS, "optimizer.learning_rate=0.0010", "hydra.run.dir=x"], "tickets lr=1e-3"),
        (["encoder=tiny", "encoder.depth=2"], "embedded encoder=tiny depth=2"),
        (["tracking.run_name=mine", "seed=2"], "mine"),
        (["tracking.enabled=false", "seed=2"], None),
    ],
)
def test_a_run_is_named_by_what_differs(overrides, name):
    tracking = compose_training(overrides).settings.tracking
    assert tracking.run_name == name


def test_the_experiment_is_named_after_the_file_unless_told_otherwise():
    assert compose_training(TICKETS).settings.tracking.experiment == "tickets"
    assert compose_training([*TICKETS, "data.name=support"]).settings.tracking.experiment == "support"
    assert compose_training([*TICKETS, "tracking.experiment=mail"]).settings.tracking.experiment == "mail"
    assert compose_training(["data=trec6"]).settings.tracking.experiment == "trec6"


@pytest.mark.parametrize(
    ("train", "name"),
    [
        ("tickets.csv", "tickets"),
        ("tickets.csv.gz", "tickets"),
        ("../mail/tickets.v2.csv", "tickets"),
        ("reviews/train.csv", "reviews"),
        ("train.csv", "train"),
        ("reviews/", "reviews"),
        ("reviews/part-*.csv", "reviews"),
        ("*.csv", "files"),
        ("/train.csv", "train"),
        ("..", "files"),
        (["may.csv", "june.csv"], "may"),
        ([], "files"),
        (None, "files"),
    ],
)
def test_the_name_of_data(train, name):
    assert data_name(train) == name
