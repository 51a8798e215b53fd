"""From what is typed to settings that are checked, and from an error to a sentence.

| module         | what it holds                                                              |
|----------------|----------------------------------------------------------------------------|
| `run`          | `run_command`: the door of every command                                   |
| `compose`      | the settings of a training for programs, without a process of its own      |
| `arguments`    | what is typed, before Hydra reads it                                       |
| `choices`      | the files of conf/ as schemas                                              |
| `hydra_checks` | what Hydra's own part of the configuration may name                        |
| `messages`     | errors as sentences                                                        |
"""
