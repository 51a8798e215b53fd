"""Scores the rows of files, folders and pipes, in shards that survive a crash, and optionally on Spark."""
