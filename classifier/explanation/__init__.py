"""Why did the classifier answer so, and which explanation is to be believed? NumPy in, a page out.

| module         | what it answers                                                                             |
|----------------|---------------------------------------------------------------------------------------------|
| `explanation`  | one text with all that is known about its answer; the methods and what each says            |
| `rollout`      | what attention in all layers together looks at                                              |
| `integration`  | integrated gradients, with as many points on the path as completeness needs                 |
| `faithfulness` | does the answer change when the words that an explanation names are taken away?             |
| `classes`      | the words that count most in each class                                                     |
| `spans`        | where the words stand in the text                                                           |
| `page`         | the page: `marks` draws on the text and the attention of its tokens, `tables` the rest      |
| `pictures`     | the PNGs                                                                                    |

What is explained is a contrast of logits: that of the predicted class above the mean of the others, which is the
log-odds where there are two classes. A contrast is linear in the logits, so that what the encoder and what the n-grams
add to it sum exactly.
"""
