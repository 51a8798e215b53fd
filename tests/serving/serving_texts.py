"""A few texts and labels of several scripts."""

LABELS = ("billing", "praise", "tech, or not", "返品", "other")
TEXTS = ["the lamp is broken", "where is my refund", "love it, thank you!", "it will not switch on", "退货太慢了"]
