"""Compares classifiers on the same examples.

| module       | content                                                               |
|--------------|-----------------------------------------------------------------------|
| `paired`     | statistics of the difference between two classifiers                  |
| `comparison` | ranking of several classifiers, with ties                             |
| `promotion`  | comparison of a challenger with the champion                          |
| `report`     | formats a comparison as sentences and as tables for the terminal      |
| `page`       | formats a comparison as an HTML page                                  |
| `files`      | writes the page, and the tables as CSV files                          |
"""
