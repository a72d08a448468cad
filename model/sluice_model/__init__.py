"""The fraud model of Sluice: generated transactions, training, evaluation and the flat JSON that scorers read."""
