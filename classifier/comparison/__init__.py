"""Which of several classifiers is better on the same examples?

| module       | what it answers                                                       |
|--------------|-----------------------------------------------------------------------|
| `paired`     | is one classifier better than another, and by how much?               |
| `comparison` | which of several is best, and where do ties remain?                   |
| `promotion`  | is a challenger better than the champion?                             |
| `report`     | a comparison as sentences and as tables in the terminal               |
| `page`       | a comparison as one HTML page                                         |
| `files`      | that page and the tables as CSV files                                 |
"""
