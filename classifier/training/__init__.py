"""Trains the weights: batches, optimizer and schedule, training loop, checkpoints and progress display."""
