"""The whole classifier: an encoder and an n-gram model next to it, in one graph from strings to answers.

| module              | what it holds                                                                    |
|---------------------|----------------------------------------------------------------------------------|
| `ngram_features`    | words -> hashed n-grams of words and characters                                  |
| `ngram_model`       | a linear classifier on their TF-IDF values                                       |
| `ngram_fit`         | fits it: counted by the graph that will serve, weights by scikit-learn           |
| `mixture`           | one answer from the encoder's and the n-gram model's                             |
| `hybrid`            | chooses how the n-gram model is fitted, and the two weights of the mixture       |
| `classifier_module` | the graph that is exported                                                       |
| `explainer`         | its second part: what an answer looked at                                        |
| `keras_module`      | a tf.Module around a Keras model whose variables every loader finds              |
| `batching`          | texts in batches of similar length                                               |
"""
