"""Runs in MLflow: settings, metrics, pictures, models. The only room that imports mlflow.

Nothing here stops a training: what a lost server does not take is kept and sent later, or named at the end.

    server.py          the tracking server, or the file that stands for one
    address.py         what is wrong with an address, and whether anything answers there
    abandoned.py       runs whose process is gone, ended by the next command
    run.py             one run under way, and runs found again
    datasets.py        the data files of a run
    models.py          models logged and found again
    run_models.py      which of the models of a run counts
    registry.py        versions of a name, and which of them is the champion
    kept_runs.py       runs with their predictions, read back to be compared
    repeats.py         which of them differ in their seed alone, and in what the others differ
    comparison_run.py  a comparison kept as a run
    versions.py        which code and which packages made a run
    pyfunc_model.py    what MLflow copies beside a model to serve it
"""
