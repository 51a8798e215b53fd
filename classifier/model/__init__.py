"""The complete classifier: an encoder and an n-gram model in one graph from strings to probabilities.

| module              | content                                                                          |
|---------------------|----------------------------------------------------------------------------------|
| `ngram_features`    | words -> hashed n-grams of words and characters                                  |
| `ngram_model`       | a linear classifier on their TF-IDF values                                       |
| `ngram_fit`         | fits the n-gram model: counts by the exported graph, weights by scikit-learn     |
| `mixture`           | weighted sum of the log-probabilities of encoder and n-gram model                |
| `hybrid`            | selects the settings of the n-gram model and the weights of the mixture          |
| `none_logit`        | the logit of the last class, if it is that of texts of none of the others        |
| `none_fit`          | fits it on validation, with such texts or by leaving classes out                 |
| `imprinting`        | adds validation texts to the last layer, if there are few texts per class        |
| `classifier_module` | the exported graph                                                               |
| `explainer`         | the part of the exported graph for explanations                                  |
| `keras_module`      | a tf.Module around a Keras model whose variables all loaders find                |
| `batching`          | batches of texts of similar length                                               |
"""
