"""The trained model in other formats and in smaller weights, each with what a program without TensorFlow needs."""
