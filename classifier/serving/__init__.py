"""The only room that writes or reads a SavedModel."""
