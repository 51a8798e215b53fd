"""Formats of labelled texts as annotation tools, libraries and services write them; one file per format.

Each format is a module with two functions: `recognizes`, whether a file plainly has this format, and `read`, which
yields rows with a text, a label and perhaps a split, or the reason why a row cannot be used. `choose` knows all of
them. Labels are text, whatever a library would read them as: "01" stays "01". What annotators left without a label is
counted and reported, not rejected.
"""
