"""Sweeps: many trainings (trials) in separate processes, with a common run, table and page.

A Hydra sweeper defines the trials (`Grid`, or `Search` with Optuna). `Sweep` runs them in parallel (`process`), logs
them to MLflow as children of the run of the sweep (`classifier.tracking.sweeps`), continues unfinished work of an
earlier start of the same command, and reports the results (`table`, `pictures`, `page`, `best`).
"""
