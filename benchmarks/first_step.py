"""Processor seconds before the first training step, by what they are spent on; tracking is left out.

    CLASSIFIER_DATA=<folder> python benchmarks/first_step.py [data=imdb ...]

Takes the overrides of `classifier train`. The linear part is fitted next to the training, which does not wait for it
before the first step; it is left out here.
"""

import time

from harness.markdown import table
from harness.project import door, train_settings


def main() -> None:
    parser = door(__doc__)
    parser.add_argument("overrides", nargs="*", default=["data=imdb"])
    overrides = tuple(parser.parse_args().overrides)
    laps = {"": time.process_time()}
    settings = train_settings(overrides)
    laps["compose the settings"] = time.process_time()
    from classifier.data import load_splits

    train = load_splits(settings.data, settings.seed).train
    laps["read the files"] = time.process_time()
    from classifier.start import start_tensorflow

    start_tensorflow(settings.trainer.deterministic)
    import mlflow  # noqa: F401
    from training_speed.ours import ours
    from training_speed.workloads import encoded

    laps["import TensorFlow and MLflow"] = time.process_time()
    workload = encoded(settings.data.name, settings, train, overrides)
    laps["learn the vocabulary, encode the texts"] = time.process_time()
    step = ours(workload)
    laps["build the model"] = time.process_time()
    step(workload.batches()[:1])
    laps["trace and run the first step"] = time.process_time()
    ends = list(laps.values())
    seconds = {name: end - begin for name, begin, end in zip(list(laps)[1:], ends, ends[1:], strict=False)}
    seconds["all but the imports"] = sum(seconds.values()) - seconds["import TensorFlow and MLflow"]
    print(table([{"what": name, "processor seconds": f"{spent:.1f}"} for name, spent in seconds.items()]))


if __name__ == "__main__":
    main()
