"""The measurements: rounds that go over all jobs in turn, so that a disturbance of the machine hits none alone."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from training_speed.contenders import CONTENDERS
from training_speed.operations import round_operations
from training_speed.texts import DATA_SETS, data_set, of_length, of_size
from training_speed.worker import Worker
from training_speed.workloads import Workload, load_workload

Say = Callable[[str], None]
Results = list[dict[str, Any]]

PEAK_SIZE = 2048  # of the square matrices whose product tells the machine's peak
FEED_FORWARD_WIDTHS = {128: 512, 256: 1024}  # by width
PRECISIONS = ("float32", "auto")  # of trainer.precision
LENGTHS = (32, 64, 128, 256, 512)  # tokens of a text
TOKENS_OF_A_ROUND = 131_072  # where all texts are of one length
SIZES = (1_000, 3_000, 10_000, 30_000, 60_000)  # examples of an epoch
PROFILED = ("sst2", "imdb")


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds for all measurements of a command.

    Args:
        rounds: of each measurement.
        steps: of a round; None: as each workload says.
        folder: for workloads and logs.
        say: tells the user what goes on.
    """

    rounds: int
    steps: int | None
    folder: Path
    say: Say


@dataclass(frozen=True, slots=True)
class Job:
    """A workload that a worker has prepared, and what is known of the two."""

    worker: Worker
    workload: Workload
    result: dict[str, Any]


@cache
def data_sets(plan: Plan) -> list[Workload]:
    """The three data sets, encoded in a process of its own: TensorFlow stays out of this one."""
    paths = {name: plan.folder / f"data set {name}.npz" for name in DATA_SETS}
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        list(pool.map(save_data_set, paths.keys(), paths.values()))
    loaded = [load_workload(path) for path in paths.values()]
    return [replace(one, steps=plan.steps or one.steps) for one in loaded]


def save_data_set(name: str, path: Path) -> None:
    """What the pool's process does."""
    data_set(name).save(path)


def prepared(plan: Plan, worker: Worker, workload: Workload) -> Job:
    """Has the worker build for the workload and train a first step."""
    path = plan.folder / f"{workload.name}.npz"
    replace(workload, overrides=(*workload.overrides, *CONTENDERS[worker.contender].overrides)).save(path)
    ready = worker.ask("prepare", path=str(path))
    plan.say(f"{workload.name}, {worker.contender}: first step after {ready['first_step_seconds']:.1f} s")
    about = {"contender": worker.contender, "workload": workload.name, **workload.counts(), **ready}
    return Job(worker, workload, {**about, "wall_seconds": [], "cpu_seconds": []})


def warmed_up(jobs: Sequence[Job]) -> None:
    """Has each job meet the shapes of its rounds, once all are prepared."""
    for job in jobs:
        job.result.update(job.worker.ask("warm_up", name=job.workload.name))


def rounds_of(plan: Plan, jobs: Sequence[Job]) -> Iterator[Job]:
    """After a warm-up, each job once a round; every round begins with another one."""
    warmed_up(jobs)
    for number in range(plan.rounds):
        first = number % len(jobs)
        yield from [*jobs[first:], *jobs[:first]]
        plan.say(f"round {number + 1} of {plan.rounds} done")


def measured(job: Job) -> None:
    """Adds a round to the result of the job."""
    for key, seconds in job.worker.ask("measure", name=job.workload.name).items():
        job.result[key].append(seconds)


def compare(plan: Plan, names: Sequence[str]) -> Results:
    """The contenders of these names on the three data sets."""
    workloads = data_sets(plan)
    with ExitStack() as stack:
        workers = [stack.enter_context(Worker(name, plan.folder)) for name in names]
        jobs = [prepared(plan, worker, workload) for workload in workloads for worker in workers]
        for job in rounds_of(plan, jobs):
            measured(job)
    return [job.result for job in jobs]


def installed(plan: Plan, names: Sequence[str]) -> list[str]:
    """Those of the contenders whose packages are there; the others are named."""
    for name in names:
        if missing := CONTENDERS[name].missing:
            plan.say(f'{name} is left out: {", ".join(missing)} is not installed; pip install -e ".[bench]"')
    return [name for name in names if not CONTENDERS[name].missing]


def matrix_products(plan: Plan) -> Results:
    """Floating-point operations a second of ours by width and precision, each round right after the machine's peak."""
    with Worker("ours", plan.folder) as worker:
        jobs = []
        for workload, width, precision in product(data_sets(plan), FEED_FORWARD_WIDTHS, PRECISIONS):
            wide = of_width(workload, width, precision)
            about = {"data": workload.name, "width": width, "precision": precision}
            jobs.append(prepared(plan, worker, wide))
            jobs[-1].result.update(about, operations=round_operations(wide), peak=[])
        for job in rounds_of(plan, jobs):
            job.result["peak"].append(worker.ask("peak", size=PEAK_SIZE))
            measured(job)
    return [job.result for job in jobs]


def of_width(workload: Workload, width: int, precision: str) -> Workload:
    """The workload with a model of that width, trained in that precision."""
    intermediate_dim = FEED_FORWARD_WIDTHS[width]
    overrides = (
        f"encoder.width={width}",
        f"encoder.intermediate_dim={intermediate_dim}",
        f"trainer.precision={precision}",
    )
    return replace(workload, name=f"{workload.name} at width {width} in {precision}", overrides=overrides)


def by_length(plan: Plan, lengths: Sequence[int]) -> Results:
    """Ours on texts that all have so many tokens."""
    batch_size = of_length(1, 1, texts=1).settings.trainer.batch_size
    steps = [plan.steps or max(4, TOKENS_OF_A_ROUND // (batch_size * tokens)) for tokens in lengths]
    workloads = [of_length(tokens, count, batch_size * count) for tokens, count in zip(lengths, steps, strict=True)]
    return of_ours(plan, workloads)


def by_size(plan: Plan, sizes: Sequence[int]) -> Results:
    """Ours for an epoch of so many examples with SST-2's lengths."""
    sst2 = data_sets(plan)[0]
    return of_ours(plan, [of_size(sst2, examples) for examples in sizes])


def of_ours(plan: Plan, workloads: Sequence[Workload]) -> Results:
    """Ours alone on several workloads."""
    with Worker("ours", plan.folder) as worker:
        jobs = [prepared(plan, worker, workload) for workload in workloads]
        for job in rounds_of(plan, jobs):
            measured(job)
    return [job.result for job in jobs]


def profiles(plan: Plan) -> Results:
    """Where the time of a step of ours goes, on short texts and on long ones; measured without the profiler before."""
    with Worker("ours", plan.folder) as worker:
        jobs = [prepared(plan, worker, workload) for workload in data_sets(plan) if workload.name in PROFILED]
        warmed_up(jobs)
        for job in jobs:
            measured(job)
            job.result.update(worker.ask("profile", name=job.workload.name))
    return [job.result for job in jobs]
