"""The fraud API of Sluice: a score, a level and the reasons for card transactions."""
