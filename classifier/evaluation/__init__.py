"""How good is the classifier, how sure is that, and where is it wrong? NumPy in, dataclasses and figures out.

| module        | what it answers                                                                            |
|---------------|--------------------------------------------------------------------------------------------|
| `metrics`     | `evaluate`: every number of a split, with 95 % intervals; `headline`: the few of each epoch |
| `bootstrap`   | how far a number would move with other examples                                            |
| `calibration` | does 0.9 mean right nine times in ten?                                                     |
| `mistakes`    | the most confident mistakes; the table of all predictions                                  |
| `predictions` | that table read back; do two runs answer the same examples?                                |
| `plots`       | `figures`: every picture of a split; `learning_curves`: the picture of a run               |
| `scored`      | the answers to a split, checked once and then taken as they are                            |

`plots` also gathers the pictures of `confusion` and `curves`. Importing this
package, `metrics` or `mistakes` imports neither scikit-learn, matplotlib nor pyarrow; `plots` imports matplotlib.
"""
