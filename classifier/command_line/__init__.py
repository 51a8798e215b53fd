"""Converts command lines to checked settings, and errors to readable messages.

| module         | content                                                                    |
|----------------|----------------------------------------------------------------------------|
| `run`          | `run_command`, the entry point of every command                            |
| `compose`      | composes the settings of a training in Python, without a separate process  |
| `arguments`    | preprocesses the command line before Hydra parses it                       |
| `choices`      | uses the files of conf/ as schemas                                         |
| `hydra_checks` | restricts what the configuration of Hydra itself may name                  |
| `messages`     | converts errors to readable messages                                       |
"""
