"""Many trainings as one thing: trials in processes of their own, under one run, with one table and one page.

A Hydra sweeper says which trials there are (`Grid`, or `Search` with Optuna), `Sweep` runs them side by side
(`process`), keeps them in MLflow as children of the sweep's run (`classifier.tracking.sweeps`), continues what an
earlier start of the same command left unfinished, and tells the result (`table`, `pictures`, `page`, `best`).
"""
