"""From examples to trained weights: batches, optimizer and schedule, the loop, checkpoints, the display."""
