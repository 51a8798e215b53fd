"""Evaluates a classifier: metrics, confidence intervals, mistakes and figures.

| module          | content                                                                                    |
|-----------------|--------------------------------------------------------------------------------------------|
| `metrics`       | `evaluate`: all metrics of a split, with 95 % intervals; `headline`: the metrics per epoch |
| `contributions` | what encoder and n-grams contribute on validation, in a sentence                           |
| `proportions`   | intervals that hold for a few examples                                                     |
| `bootstrap`     | confidence intervals by resampling the examples                                            |
| `none_of_these` | the metrics of texts that belong to none of the classes                                    |
| `calibration`   | measures of calibration, with intervals                                                    |
| `promises`      | whether the promised precision and coverage hold, in sentences                             |
| `mistakes`      | the most confident mistakes; the table of all predictions                                  |
| `predictions`   | reads and compares tables of predictions                                                   |
| `plots`         | `figures`: all figures of a split; `learning_curves`: the figure of a run                  |
| `scored`        | the labels and probabilities of a split, validated once                                    |

`plots` also includes the figures of `confusion` and `curves`. Importing this package, `metrics` or `mistakes` imports
neither scikit-learn, matplotlib nor pyarrow; `plots` imports matplotlib.
"""
