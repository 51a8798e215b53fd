"""Rows in, the same rows with labels out: files, folders and pipes, in shards that outlive a crash, or on Spark."""
