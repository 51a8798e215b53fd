"""The chain of a training, from files to an exported model.

| module       | what it does                                                                          |
|--------------|---------------------------------------------------------------------------------------|
| `run`        | the whole chain in one screen                                                         |
| `check`      | refuses what cannot work before any data is read                                      |
| `load`       | files -> splits, with notices and lists of rows to look at                            |
| `prepare`    | tokenizer, encoder, n-gram model, training loop                                       |
| `finish`     | export, measurements, the last lines; also after Ctrl-C or if a sweep stops the trial |
| `connection` | what a trial and its sweep say to each other                                          |
"""
