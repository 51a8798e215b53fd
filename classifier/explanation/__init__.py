"""Explains predictions, and measures which explanations are faithful.

| module         | content                                                                                     |
|----------------|---------------------------------------------------------------------------------------------|
| `explanation`  | the explanation of a text, and the methods                                                  |
| `rollout`      | attention rollout over all layers                                                           |
| `integration`  | integrated gradients, with as many points on the path as completeness requires              |
| `faithfulness` | whether the prediction changes if the words that an explanation names are removed           |
| `classes`      | the most important words of each class                                                      |
| `spans`        | positions of the words in the text                                                          |
| `page`         | the page: `marks` draws words and the attention of tokens, `tables` the tables              |
| `pictures`     | the PNG files                                                                               |

The explained value is a contrast of logits: the logit of the predicted class minus the mean of the others, which is
the log-odds for two classes. A contrast is linear in the logits, so that the contributions of encoder and n-grams
sum to it exactly.
"""
