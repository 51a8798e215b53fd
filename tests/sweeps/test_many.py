"""Many trials in several processes with one file: no deadlocks, and constant memory of the sweep."""

import psutil
import pytest
from small_trial import SmallTrial

from classifier.sweeps import run, sweep

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
TRIALS, PROCESSES = 50, 4
GROWTH_MB = 30  # growth of the process of the sweep from its tenth to its last trial


def test_fifty_trials_in_four_processes(run_sweep, monkeypatch, database, tmp_path):
    memory = []

    def write_tables(folder, trials) -> None:
        memory.append(psutil.Process().memory_info().rss / 2**20)
        original(folder, trials)

    original = run.write_tables
    monkeypatch.setattr(run, "write_tables", write_tables)
    monkeypatch.setattr(sweep, "TrialProcess", SmallTrial)
    monkeypatch.setattr(SmallTrial, "uri", database, raising=False)
    rates = ",".join(f"{number / 1000}" for number in range(1, TRIALS + 1))
    done = run_sweep(f"optimizer.learning_rate={rates}", f"hydra.launcher.processes={PROCESSES}")
    assert done.code == 0, done.err
    assert "locked" not in done.out + done.err and "Tracking failed" not in done.err
    assert [one.info.status for one in done.children] == ["FINISHED"] * TRIALS
    assert [one.data.metrics["valid.macro_f1"] for one in done.children] == [n / 1000 for n in range(1, TRIALS + 1)]
    assert len({len(one.data.params) for one in done.children}) == 1
    assert memory[-1] - memory[9] < GROWTH_MB, memory
    print(f"{memory[9]:.0f} MB after 10 trials, {memory[-1]:.0f} MB after {TRIALS}")
