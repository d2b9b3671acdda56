"""The pages of the sectors: all of them side by side, and each of them."""
