"""Runs in MLflow: settings, metrics, pictures, models. The only package that imports mlflow.

Tracking never stops a training: if the server is lost, data are buffered and sent later, or reported at the end.

    server.py          connects to the tracking server or the local database
    address.py         checks an address, and whether a server or database answers
    abandoned.py       ends runs whose process is gone
    open_run.py        finds or starts the run of a training, and locks and ends it
    run.py             an active run, and earlier runs of the same command
    metric_names.py    which metrics are tracked, and under which names
    notes.py           descriptions in Markdown
    untracked.py       takes the place of a run without tracking
    datasets.py        the data files of a run
    models.py          logs and finds models
    run_models.py      the valid model of a run with several models
    registry.py        versions of a registered name, and the champion among them
    leftovers.py       finds files that no run needs any more
    named_runs.py      finds runs by id, experiment or sweep
    run_records.py     reads runs and their predictions for comparisons
    repeats.py         finds runs that differ only in the seed, and the differences between others
    comparison_run.py  logs a comparison as a run
    sweeps.py          the parent run of a sweep, and its trials
    trial_records.py   a trial as read from its run
    views.py           tables of runs in MLflow's interface
    patience.py        repeats requests while a server is away
    versions.py        versions of the code and of the packages
    tensorboard.py     logs for TensorBoard
    pyfunc_model.py    the code that MLflow copies next to a model to serve it
"""
