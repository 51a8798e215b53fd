"""The steps of a training, from files to an exported model.

| module          | what it does                                                                         |
|-----------------|--------------------------------------------------------------------------------------|
| `run`           | all steps in order                                                                   |
| `check`         | checks before any data is read                                                       |
| `load`          | reads files into splits, with notices and lists of problematic rows                  |
| `teacher`       | asks another model, or files, for the probabilities that are learned                 |
| `make_encoder`  | creates the tokenizer and the encoder                                                |
| `prepare`       | everything else before the first epoch: n-gram model and training loop               |
| `job`           | a training in progress, which the later steps share                                  |
| `folds`         | cross-validation: a model for each part of the data, measured together               |
| `describe`      | describes the finished training on its page in MLflow                                |
| `finish`        | export, evaluation and results; also after Ctrl-C, or if a sweep stops the trial     |
| `print_results` | the last lines: results, paths, next commands                                        |
| `connection`    | communication between a trial and its sweep                                          |
"""
