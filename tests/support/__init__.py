"""What tests share: the oracle, text matching, modes, normalised listings, random programs."""
