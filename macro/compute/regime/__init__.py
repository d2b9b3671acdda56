"""The state of the market: structure of swings, key levels and the scorecard that weighs the evidence."""
